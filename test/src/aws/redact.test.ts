import { expect, it } from 'vitest';
import { keepSecret, redact, secretsOf } from '../../../src/aws/redact.ts';

it('redact removes a secret whole if it begins with another secret', () =>
  expect(redact('bad: abcdefgh-topsecret', ['abcdefgh', 'abcdefgh-topsecret'])).toBe(
    'bad: [removed]',
  ));

it('redact keeps short lines of a secret, which are common words', () =>
  expect(redact('use --pre or numpy', ['numpy\n--pre\nhttps://example.org/private'])).toBe(
    'use --pre or numpy',
  ));

it('redact removes the credentials that were kept, the newest thirty, and no short word', () => {
  const secrets = Array.from({ length: 31 }, (_, i) => `credential-number-${i + 10}`);
  for (const secret of ['test', ...secrets]) keepSecret(secret);
  expect(redact(`test ${secrets[0]} ${secrets[1]} ${secrets[30]}`)).toBe(
    `test ${secrets[0]} [removed] [removed]`,
  );
});

it('secretsOf returns COMMAND and PYTHON_REQUIREMENTS and no other variable', () => {
  const environment = [
    'COMMAND',
    'PYTHON_REQUIREMENTS',
    'PYTHON_VERSION',
    'SCALER_NETWORK_BACKEND',
  ];
  const overrides = {
    containerOverrides: [
      { environment: environment.map((name) => ({ name, value: `value of ${name}` })) },
    ],
  };
  expect(secretsOf(overrides)).toEqual(['value of COMMAND', 'value of PYTHON_REQUIREMENTS']);
  expect(secretsOf(undefined)).toEqual([]);
});
