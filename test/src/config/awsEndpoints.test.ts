import { describe, expect, it } from 'vitest';
import { endpointsOf } from '../../../src/config/awsEndpoints.ts';

const all = 'http://127.0.0.1:1';
const own = 'http://127.0.0.1:2';
const none = { ecs: null, sts: null };

describe('endpointsOf', () => {
  const named = { ecs: 'http://127.0.0.1:3', sts: 'http://127.0.0.1:4' };
  const profile = { name: 'default', values: {}, endpoints: named, ignoresEndpoints: undefined };

  it.each<[Record<string, string>, object]>([
    [{}, named],
    [{ AWS_ENDPOINT_URL: '' }, named],
    [{ AWS_ENDPOINT_URL: all }, { ecs: all, sts: all }],
    [
      { AWS_ENDPOINT_URL: all, AWS_ENDPOINT_URL_ECS: own },
      { ecs: own, sts: all },
    ],
    [{ AWS_ENDPOINT_URL_STS: own }, { ...named, sts: own }],
    [{ AWS_ENDPOINT_URL: all, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }, none],
    [
      { AWS_ENDPOINT_URL: all, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'no' },
      { ecs: all, sts: all },
    ],
  ])('takes what the environment %j names, else what the profile does', (env, endpoints) => {
    expect(endpointsOf(env, profile)).toEqual(endpoints);
  });

  it('names none where the profile says so, and the environment does not say otherwise', () => {
    const ignoring = { ...profile, ignoresEndpoints: 'true' };
    const said = (value: string) => ({ AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: value });
    expect(endpointsOf({}, ignoring)).toEqual(none);
    expect(endpointsOf(said('false'), ignoring)).toEqual(named);
    expect(endpointsOf(said('maybe'), ignoring)).toEqual(none);
    expect(endpointsOf({}, { ...profile, ignoresEndpoints: 'maybe' })).toEqual(named);
  });
});
