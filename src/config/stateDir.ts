import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { Environment } from './settings.ts';

/** Where all managers of this user keep their state: as told, systemd's, XDG's, the home's. */
export function stateRoot(configured: string | null, env: Environment, home: string): string {
  if (configured) return resolve(expandPath(configured, env, home));
  // systemd gives a list when a unit names several; the first is the unit's main one.
  const systemd = env.STATE_DIRECTORY?.split(':')[0];
  if (systemd) return systemd;
  // The XDG rule: a relative path is to be ignored.
  const xdg = env.XDG_STATE_HOME?.startsWith('/') ? env.XDG_STATE_HOME : null;
  return join(xdg ?? join(home, '.local', 'state'), 'scaler-ecs');
}

/** One manager's name for its directory: readable, and never shared by two ids or two schedulers. */
export function stateName(managerId: string, workerSchedulerAddress: string): string {
  const readable = managerId.replace(/[^A-Za-z0-9_-]+/g, '_').slice(0, 40);
  const hash = createHash('sha256').update(`${managerId}\0${workerSchedulerAddress}`).digest('hex');
  return `${readable}-${hash.slice(0, 12)}`;
}

/** `~`, `$NAME` and `${NAME}` as Python expands them: an unknown variable stays as it is written. */
export function expandPath(path: string, env: Environment, home: string): string {
  const atHome = path === '~' || path.startsWith('~/') ? home + path.slice(1) : path;
  return atHome.replace(
    /\$(?:(\w+)|\{([^}]*)\})/g,
    (whole, plain: string | undefined, braced: string | undefined) =>
      env[plain ?? braced ?? ''] ?? whole,
  );
}
