import { expect, it } from 'vitest';
import { redact, secretsOf } from '../../../src/aws/redact.ts';

it('leaves nothing standing of a text that begins with another', () =>
  expect(redact('bad: abcdefgh-topsecret', ['abcdefgh', 'abcdefgh-topsecret'])).toBe(
    'bad: [removed]',
  ));

it('leaves short words of a private text alone, or every message would have holes', () =>
  expect(redact('use --pre or numpy', ['numpy\n--pre\nhttps://example.org/private'])).toBe(
    'use --pre or numpy',
  ));

it('takes what the container is told for private, and what every container is told not', () => {
  const environment = [
    'COMMAND',
    'PYTHON_REQUIREMENTS',
    'PYTHON_VERSION',
    'SCALER_NETWORK_BACKEND',
  ];
  const overrides = {
    containerOverrides: [
      { environment: environment.map((name) => ({ name, value: `its ${name}` })) },
    ],
  };
  expect(secretsOf(overrides)).toEqual(['its COMMAND', 'its PYTHON_REQUIREMENTS']);
  expect(secretsOf(undefined)).toEqual([]);
});
