import { mishaps, wideMishaps } from './client.ts';
import { subnetTroubles } from './ecs.ts';
import { nameOf } from './nameOf.ts';
import { createRandom } from './random.ts';
import { streamFaults } from './scheduler/streamLies.ts';
import type { Happening, Script } from './script.ts';

/** Kinds of faults that come in several forms, each of which has a name of its own, too. */
const families = [
  'call',
  'window',
  'delay',
  'next',
  'end',
  'schedulerFault',
  'disk',
  'subnet',
  'streamFault',
];

/** Kinds of faults, as the report names them. */
export const faultKinds: readonly string[] = [
  ...[...mishaps, ...wideMishaps, 'buckets', 'deny'],
  ...['slowStops', 'forgetful', 'slowStarts', 'noCapacity', 'noSpot'],
  ...['missingMs', 'listLagMs', 'staleMs', 'quota', ...subnetTroubles],
  ...['partial', 'ghosts', 'stuck', 'startFailures'],
  ...['exit', 'oom', 'spot', 'maintenance', 'outside', 'workersDie', 'deleteCluster', 'status'],
  ...['silent', 'gone', 'echoless', 'commandless', 'empty', 'unseen'],
  ...['cut', 'lose', 'replace', 'shutdownCluster', 'cancel', 'rival', 'neighbourEnds'],
  ...['forgetManager', 'forgetWorkers', ...streamFaults],
  ...['disk:full', 'disk:slow', 'disk:syncFails', 'disk:directorySyncFails', 'prepare'],
  ...['kill', 'stop', 'restart', 'standstill'],
];

/** Every name that a person may give. */
export const leavableKinds: readonly string[] = [...families, ...faultKinds];

/** Work is no fault. Nor is the start without max_lifetime: with it a fleet never comes to rest. */
function isFault(happening: Happening): boolean {
  if (happening.kind === 'demand') return false;
  return !(happening.kind === 'restart' && 'maxLifetimeSeconds' in (happening.change.wide ?? {}));
}

/** Which kinds of faults a script has. */
export const kindsIn = ({ happenings }: Script): string[] => [
  ...new Set(happenings.filter(isFault).map(nameOf)),
];

/** The same script without those kinds of faults. */
export function without(script: Script, kinds: readonly string[]): Script {
  if (kinds.length === 0) return script;
  const isLeftOut = (each: Happening): boolean =>
    isFault(each) && (kinds.includes(each.kind) || kinds.includes(nameOf(each)));
  const happenings = script.happenings.filter((each) => !isLeftOut(each));
  return { ...script, happenings, absent: [...(script.absent ?? []), ...kinds] };
}

/**
 * Each kind of fault is off at random, the sure faults and the kill included: what comes in every seed hides what happens
 * without it. Each kind has a stream of its own, so that one more moves nothing elsewhere.
 */
export function swarmed(script: Script): Script {
  const share = createRandom(script.seed, 'wide/swarm').pick([0.25, 0.5, 0.75]);
  const isOff = (kind: string): boolean =>
    createRandom(script.seed, `wide/swarm/${kind}`).chance(share);
  return without(script, faultKinds.filter(isOff));
}
