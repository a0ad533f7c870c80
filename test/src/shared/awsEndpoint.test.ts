import { expect, it } from 'vitest';
import { awsEndpoint, isEmulated } from '../../../src/shared/awsEndpoint.ts';

it.each([
  [{}, null, false],
  [{ AWS_ENDPOINT_URL: '' }, null, false],
  [{ AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' }, 'http://127.0.0.1:4566', true],
  [{ AWS_ENDPOINT_URL: 'http://localhost:1' }, 'http://localhost:1', true],
  [{ AWS_ENDPOINT_URL: 'http://[::1]:1' }, 'http://[::1]:1', true],
  [{ AWS_ENDPOINT_URL: 'https://vpce.example' }, 'https://vpce.example', false],
  [{ AWS_ENDPOINT_URL: 'nonsense' }, 'nonsense', false],
  [
    { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_ENDPOINT_URL_ECS: 'https://ecs.example' },
    'https://ecs.example',
    false,
  ],
  [
    { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
    null,
    false,
  ],
])('%j leads to %s; an emulator: %s', (env, endpoint, emulated) => {
  expect(awsEndpoint(env)).toBe(endpoint);
  expect(isEmulated(env)).toBe(emulated);
});
