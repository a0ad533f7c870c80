import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { Environment } from './settings.ts';

/** The directory above those of all managers: the setting, else systemd's, else XDG's, else below the home directory. */
export function stateRoot(configured: string | null, env: Environment, home: string): string {
  if (configured) return resolve(expandPath(configured, env, home));
  // systemd separates several directories by colons; the first is the unit's main one.
  const systemd = env.STATE_DIRECTORY?.split(':')[0];
  if (systemd) return systemd;
  // The XDG specification says to ignore a relative path.
  const xdg = env.XDG_STATE_HOME?.startsWith('/') ? env.XDG_STATE_HOME : null;
  return join(xdg ?? join(home, '.local', 'state'), 'scaler-ecs');
}

/** The name of a manager's directory: readable, and different for each pair of manager id and scheduler address. */
export function stateName(managerId: string, workerSchedulerAddress: string): string {
  const readable = managerId.replace(/[^A-Za-z0-9_-]+/g, '_').slice(0, 40);
  const hash = createHash('sha256').update(`${managerId}\0${workerSchedulerAddress}`).digest('hex');
  return `${readable}-${hash.slice(0, 12)}`;
}

/** Expands `~`, `$NAME` and `${NAME}` like Python: an unknown variable is left as it is. */
export function expandPath(path: string, env: Environment, home: string): string {
  const atHome = path === '~' || path.startsWith('~/') ? home + path.slice(1) : path;
  return atHome.replace(
    /\$(?:(\w+)|\{([^}]*)\})/g,
    (whole, plain: string | undefined, braced: string | undefined) =>
      env[plain ?? braced ?? ''] ?? whole,
  );
}
