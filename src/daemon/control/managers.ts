import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ConfigFailure } from '../../config/configFailure.ts';
import { homeIn } from '../../config/home.ts';
import { loadConfig } from '../../config/load.ts';
import { stateRoot } from '../../config/statePaths.ts';
import { ControlFailure } from '../../control/controlFailure.ts';
import { isListening } from '../../control/endpoint.ts';
import { type ManagerFile, readManagerFile } from '../../store/managerFile.ts';
import { withStateDir } from '../fleetStateDir.ts';

type Environment = Record<string, string | undefined>;

/** How an operator says which manager is meant. */
export interface Wanted {
  /** Default: the one there is. */
  managerId?: string | undefined;
  /** The root of all state directories, as for `run`, or the directory of one manager. */
  stateDir?: string | undefined;
  /** A configuration file with managers. */
  config?: string | undefined;
}

/** A manager's state directory. */
export interface Manager {
  dir: string;
  /** Its id; of a directory that an earlier release made, what its name shows of it. */
  id: string;
  /** Null: an earlier release made the directory. */
  file: ManagerFile | null;
}

/** Names in a state directory, of which a daemon makes the first at its first start. */
const ours = ['identity', 'journal', 'manager.json', 'lock'];
const hashed = /^(.*)-[0-9a-f]{12}$/;

function isManagerDir(dir: string): boolean {
  return ours.some((name) => existsSync(join(dir, name)));
}

function managerIn(dir: string): Manager {
  const file = readManagerFile(dir);
  const [, readable] = hashed.exec(basename(dir)) ?? [];
  return { dir, file, id: file?.manager ?? readable ?? basename(dir) };
}

/** The managers below a root, by name of their directories. */
function managersIn(root: string): Manager[] {
  try {
    return readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && hashed.test(entry.name))
      .map(({ name }) => join(root, name))
      .filter(isManagerDir)
      .sort()
      .map(managerIn);
  } catch {
    return [];
  }
}

interface Candidates {
  managers: Manager[];
  /** Where they were looked for. */
  place: string;
}

function candidates({ stateDir, config }: Wanted, env: Environment): Candidates {
  if (config !== undefined) {
    const managers = loadConfig({ argv: [config], env, warn: () => {}, takeUnreachable: true });
    return {
      managers: managers.map(withStateDir).map(({ stateDir: dir, workerManagerId: id }) => ({
        ...{ dir, id, file: readManagerFile(dir) },
      })),
      place: `the state directories of ${config}`,
    };
  }
  const root = stateRoot(stateDir ?? env.SCALER_STATE_DIR ?? null, env, homeIn(env));
  if (isManagerDir(root)) return { managers: [managerIn(root)], place: root };
  return { managers: managersIn(root), place: root };
}

/** Whether a manager has this id, as far as the name of its directory tells for one of an earlier release. */
function hasId({ id, file }: Manager, wanted: string): boolean {
  if (file !== null) return file.manager === wanted;
  return id === wanted || id === wanted.replace(/[^A-Za-z0-9_-]+/g, '_').slice(0, 40);
}

function list(managers: readonly Manager[]): string {
  return managers
    .map(
      ({ id, dir, file }) =>
        `${id} (${file === null ? dir : `scheduler ${file.workerScheduler}, ${dir}`})`,
    )
    .join(', ');
}

/**
 * The manager that is meant: the one with that id, else the only one whose daemon listens, else the only one. Rejects
 * with a ConfigFailure that lists them when several could be meant, with a ControlFailure when there is none.
 */
export async function findManager(wanted: Wanted, env: Environment): Promise<Manager> {
  const { managers, place } = candidates(wanted, env);
  const id = wanted.managerId ?? (env.SCALER_WORKER_MANAGER_ID || undefined);
  const named = id === undefined ? managers : managers.filter((each) => hasId(each, id));
  const [only, ...others] = named;
  if (!only) {
    const what = id === undefined ? 'a manager' : `the manager ${JSON.stringify(id)}`;
    const there = managers.length === 0 ? '' : `; there are: ${list(managers)}`;
    throw new ControlFailure(
      'noDaemon',
      `no state of ${what} in ${place}${there}; say where with --state-dir or --config`,
    );
  }
  if (others.length === 0) return only;
  const listening: Manager[] = [];
  for (const each of named) if (await isListening(each.dir)) listening.push(each);
  if (listening.length === 1 && listening[0]) return listening[0];
  const choose =
    id === undefined ? '--worker-manager-id' : '--state-dir with the directory of one of them';
  throw new ConfigFailure(
    `${listening.length > 1 ? 'several daemons run' : 'several managers are known'} in ${place}, choose with ${choose}: ${list(listening.length > 1 ? listening : named)}`,
  );
}
