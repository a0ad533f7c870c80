import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { ConfigFailure, shown } from './configFailure.ts';
import type { Home } from './home.ts';
import { named } from './schema.ts';
import type { Environment } from './settings.ts';

/**
 * The directory above those of all managers: the setting, else systemd's, else XDG's, else below the home directory.
 * Always absolute. Throws a ConfigFailure if it needs a home directory and there is none.
 */
export function stateRoot(configured: string | null, env: Environment, home: Home): string {
  if (configured) return resolve(withoutUnsetVariable(expandPath(configured, env, home)));
  // systemd separates several directories by colons; the first is the unit's main one.
  const systemd = env.STATE_DIRECTORY?.split(':')[0];
  if (systemd?.startsWith('/')) return systemd;
  // The XDG specification says to ignore a relative path.
  const xdg = env.XDG_STATE_HOME?.startsWith('/') ? env.XDG_STATE_HOME : null;
  if (xdg !== null) return join(xdg, 'scaler-ecs');
  const directory = home();
  if (directory !== null) return join(directory, '.local', 'state', 'scaler-ecs');
  throw new ConfigFailure(
    `${named('state_dir')}: needed, because this user has no home directory (HOME is not set)`,
  );
}

/** The name of a manager's directory: readable, and different for each pair of manager id and scheduler address. */
export function stateName(managerId: string, workerSchedulerAddress: string): string {
  return nameFor(managerId, `${managerId}\0${workerSchedulerAddress}`);
}

/** The same for a manager with a `fleet_id`, whose id and address may change. */
export function fleetStateName(fleetId: string): string {
  return nameFor(fleetId, fleetId);
}

function nameFor(start: string, whole: string): string {
  const readable = start.replace(/[^A-Za-z0-9_-]+/g, '_').slice(0, 40);
  return `${readable}-${createHash('sha256').update(whole).digest('hex').slice(0, 12)}`;
}

/**
 * Expands `~`, `$NAME` and `${NAME}` like Python: an unknown variable is left as it is. Throws a ConfigFailure if the
 * path needs a home directory and there is none.
 */
export function expandPath(path: string, env: Environment, home: Home): string {
  const atHome = path === '~' || path.startsWith('~/') ? homeFor(path, home) + path.slice(1) : path;
  return atHome.replace(
    /\$(?:(\w+)|\{([^}]*)\})/g,
    (whole, plain: string | undefined, braced: string | undefined) =>
      env[plain ?? braced ?? ''] ?? whole,
  );
}

/** A directory named `$HOME` below the working directory would be lost at the next start. Throws a ConfigFailure. */
function withoutUnsetVariable(path: string): string {
  const [variable] = /\$(?:\w+|\{[^}]*\})/.exec(path) ?? [];
  if (variable === undefined) return path;
  throw new ConfigFailure(`${named('state_dir')}: ${variable} is not set, got ${shown(path)}`);
}

function homeFor(path: string, home: Home): string {
  const directory = home();
  if (directory !== null) return directory;
  throw new ConfigFailure(
    `cannot expand ~ in ${shown(path)}: this user has no home directory (HOME is not set); write the path in full`,
  );
}
