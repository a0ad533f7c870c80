import { describe, expect, it } from 'vitest';
import { ensureHome, homeIn } from '../../../src/config/home.ts';

const noEntry = (): never => {
  throw new Error('uv_os_get_passwd returned ENOENT');
};

describe('homeIn', () => {
  it.each<[string, Record<string, string>, () => string, string | null]>([
    ['HOME', { HOME: '/home/u' }, () => '/home/db', '/home/u'],
    ['the user database without HOME', {}, () => '/home/db', '/home/db'],
    ['the user database with an empty HOME', { HOME: '' }, () => '/home/db', '/home/db'],
    ['the user database with a relative HOME', { HOME: 'home' }, () => '/home/db', '/home/db'],
    ['nothing for a user without an entry', {}, noEntry, null],
    ['nothing for an entry without a directory', {}, () => '', null],
  ])('takes the directory from %s', (_, env, lookUp, home) => {
    expect(homeIn(env, lookUp)()).toBe(home);
  });
});

describe('ensureHome', () => {
  it.each([
    [{ HOME: '/home/u' }, '/home/u'],
    [{ HOME: '' }, '/home/db'],
    [{}, '/home/db'],
  ])('gives the AWS SDK for the environment %j the home %s', (given, home) => {
    const env: Record<string, string | undefined> = given;
    ensureHome(
      env,
      homeIn(env, () => '/home/db'),
    );
    expect(env.HOME).toBe(home);
  });

  it('gives the AWS SDK a directory even for a user without a home directory', () => {
    const env: Record<string, string | undefined> = {};
    ensureHome(env, () => null);
    expect(env.HOME).toBe('/');
  });
});
