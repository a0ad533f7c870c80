import { userInfo } from 'node:os';
import { isAbsolute } from 'node:path';
import type { Environment } from './settings.ts';

/** The user's home directory, looked up only when a path needs it; null: there is none. */
export type Home = () => string | null;

/** HOME if it is an absolute path, else the home directory of the user database. A container's user may have neither. */
export function homeIn(env: Environment, lookUp: () => string = () => userInfo().homedir): Home {
  return () => {
    if (env.HOME && isAbsolute(env.HOME)) return env.HOME;
    try {
      const known = lookUp();
      return isAbsolute(known) ? known : null;
    } catch {
      return null;
    }
  };
}

/**
 * Sets HOME where it is missing, empty or relative. The AWS SDK fails in every call when it finds no home directory,
 * even if it needs no file there, and with an empty HOME it would read `.aws` in the working directory.
 */
export function ensureHome(env: Environment, home: Home = homeIn(env)): void {
  env.HOME = home() ?? '/';
}
