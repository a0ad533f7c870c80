import { expect, it } from 'vitest';
import { stsEndpoint } from '../../../../src/aws/preflight/callerIdentity.ts';

it.each([
  ['us-east-1', {}, 'https://sts.us-east-1.amazonaws.com'],
  ['cn-north-1', {}, 'https://sts.cn-north-1.amazonaws.com.cn'],
  ['us-east-1', { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }, 'http://127.0.0.1:1'],
  [
    'us-east-1',
    { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:2' },
    'http://127.0.0.1:2',
  ],
  [
    'us-east-1',
    { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
    'https://sts.us-east-1.amazonaws.com',
  ],
])('STS in %s with %j is at %s', (region, env, url) => {
  expect(stsEndpoint(region, env)).toBe(url);
});
