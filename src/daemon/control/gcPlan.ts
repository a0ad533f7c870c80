import { readFileSync } from 'node:fs';
import { clustersElsewhere, otherTags } from '../../../machines/recovery/places.ts';
import {
  clusterOfTask,
  placeOfCluster,
  type TaskPlace,
} from '../../../machines/shared/taskPlace.ts';
import { fleetOwnershipTag, ownershipTag } from '../../aws/launch/ownershipTag.ts';
import { type AwsConnections, type AwsCredentials, connectionsOf } from '../../config/config.ts';
import { ConfigFailure } from '../../config/configFailure.ts';
import { homeIn } from '../../config/home.ts';
import { loadConfig } from '../../config/load.ts';
import { ControlFailure } from '../../control/controlFailure.ts';
import { AddressFailure, parseAddress } from '../../shared/address.ts';
import type { LedgerView } from '../../store/ledger.ts';
import { peekJournal } from '../../store/peekJournal.ts';
import { ownershipTagOf } from '../managerSettings.ts';
import { findManager, type Manager, type Wanted } from './managers.ts';

type Environment = Record<string, string | undefined>;

/** What a person gives to find the tasks of a manager that may be gone. */
export interface GcWanted extends Wanted {
  /** As the workers reach it; needed where no state directory is left. */
  scheduler?: string | undefined;
  fleetId?: string | undefined;
  cluster?: string | undefined;
  region?: string | undefined;
}

/** A cluster to look in. */
export type GcPlace = Omit<TaskPlace, 'account'>;

/** Where to look for which tasks, and with what. */
export interface GcPlan {
  /** `startedBy` of the tasks. */
  tag: string;
  /** Other values of it, with which the same state directory has launched before. */
  formerTags: string[];
  /** At least one. */
  places: GcPlace[];
  credentials: AwsCredentials | null;
  connections: AwsConnections;
  /** Null: no state of the manager is left on this host. */
  dir: string | null;
}

const defaults = { region: 'us-east-1', cluster: 'scaler-cluster' };

/** Rejects with a ConfigFailure when it is not clear which tasks are meant. */
export async function planGc(given: GcWanted, env: Environment): Promise<GcPlan> {
  const { scheduler } = given;
  const wanted = scheduler === undefined ? given : { ...given, scheduler: addressIn(scheduler) };
  const read = (path: string) => readFileSync(path, 'utf8');
  const config = configOf(wanted, env);
  const manager = await knownManager(wanted, env);
  const { cluster = config?.ecs.cluster, region = config?.aws.region } = wanted;
  const home = {
    cluster: nameOf(cluster ?? manager?.file?.cluster ?? defaults.cluster),
    region: region ?? manager?.file?.region ?? defaults.region,
  };
  const tag = config ? ownershipTagOf(config) : tagFor(wanted, manager, env);
  const ledger = (manager && peekJournal(manager.dir)?.ledger) ?? null;
  return {
    tag,
    // A person who names an address means the tasks of that address.
    formerTags: scheduler === undefined ? formerTags(tag, manager, ledger) : [],
    places: distinct([
      home,
      ...placesIn(manager),
      ...(ledger ? journaledPlaces(ledger, home) : []),
    ]),
    credentials: config?.aws.credentials ?? null,
    connections: connectionsOf(env, homeIn(env), read),
    dir: manager?.dir ?? null,
  };
}

/** The entry of the configuration file that is meant; null: none was given. */
function configOf({ config, managerId }: GcWanted, env: Environment) {
  if (config === undefined) return null;
  const all = loadConfig({ argv: [config], env, warn: () => {}, takeUnreachable: true });
  const [only, ...others] = all.filter(
    ({ workerManagerId }) => managerId === undefined || workerManagerId === managerId,
  );
  if (only && others.length === 0) return only;
  const ids = all.map(({ workerManagerId }) => workerManagerId).join(', ');
  throw new ConfigFailure(`${config} has these managers, choose with --worker-manager-id: ${ids}`);
}

/** Null: no state of it is left. */
async function knownManager(wanted: GcWanted, env: Environment): Promise<Manager | null> {
  if (wanted.fleetId !== undefined && wanted.stateDir === undefined) return null;
  try {
    return await findManager(wanted, env);
  } catch (error) {
    if (error instanceof ControlFailure) return null;
    throw error;
  }
}

function tagFor(wanted: GcWanted, manager: Manager | null, env: Environment): string {
  const { fleetId, scheduler } = wanted;
  const managerId = wanted.managerId ?? (env.SCALER_WORKER_MANAGER_ID || undefined);
  if (fleetId !== undefined) return fleetOwnershipTag(fleetId);
  if (managerId !== undefined && scheduler !== undefined) return ownershipTag(managerId, scheduler);
  if (manager?.file) return manager.file.mark;
  throw new ConfigFailure(
    managerId === undefined
      ? 'whose tasks? give --worker-manager-id'
      : `no state of ${JSON.stringify(managerId)} has the ownership tag of its tasks: give --scheduler with the address that its workers reach, or --config, or --fleet-id`,
  );
}

/** The address as the tag is made from it. */
function addressIn(scheduler: string): string {
  try {
    return parseAddress(scheduler).text;
  } catch (error) {
    throw error instanceof AddressFailure
      ? new ConfigFailure(`--scheduler: ${error.message}`)
      : error;
  }
}

/** The settings may name another fleet than the last start did. */
function formerTags(tag: string, manager: Manager | null, ledger: LedgerView | null): string[] {
  const last = manager?.file?.mark ?? tag;
  const all = new Set([last, ...(ledger ? otherTags(ledger, tag) : [])]);
  all.delete(tag);
  return [...all];
}

/** Where the last start launched. */
function placesIn(manager: Manager | null): GcPlace[] {
  const file = manager?.file;
  return file ? [{ region: file.region, cluster: nameOf(file.cluster) }] : [];
}

/**
 * Regions and clusters of all tasks that the journal knows, and those in which launches without an answer, or given up,
 * may have started some.
 */
function journaledPlaces(ledger: LedgerView, home: GcPlace): GcPlace[] {
  const ended = ledger.history().map(({ taskArn }) => taskArn && clusterOfTask(taskArn));
  return [...clustersElsewhere(ledger, home), ...ended].flatMap(
    (arn) => (arn ? placeOfCluster(arn) : undefined) ?? [],
  );
}

/** Of an ARN of a cluster, its name. */
function nameOf(cluster: string): string {
  return cluster.slice(cluster.lastIndexOf('/') + 1);
}

function distinct(places: readonly GcPlace[]): GcPlace[] {
  return [
    ...new Map(
      places.map(({ region, cluster }) => [`${region} ${cluster}`, { region, cluster }]),
    ).values(),
  ];
}
