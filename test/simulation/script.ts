import type { BucketRates } from './buckets.ts';
import { type Mishap, mishaps, type Operation, operations } from './client.ts';
import {
  type DialogueHappening,
  type DialogueSettings,
  drawDialogueFaults,
  drawDialogueSettings,
  settlingDemand,
} from './dialogueFaults.ts';
import type { Bend, DiskTrouble } from './disk.ts';
import { type Oddities, type SubnetTrouble, subnetTroubles } from './ecs.ts';
import { drawLimit, type SimulatedLimit } from './moneyLimit.ts';
import type { Power, WideSettings } from './powers.ts';
import { createRandom, type Random } from './random.ts';
import { releaseNamed } from './scheduler/releases.ts';
import type { Policy, SchedulerFaults } from './scheduler/scheduler.ts';
import type { StreamFault } from './scheduler/streamLies.ts';

export interface SimulationSettings extends DialogueSettings {
  policy: Policy;
  workersPerTask: number;
  maxTasks: number | null;
  heartbeatIntervalSeconds: number;
  startDeadlineSeconds: number;
  schedulerGraceSeconds: number;
  stopTimeoutSeconds: number;
  /** As in the file: -1 is for ever. */
  drainTimeoutSeconds: number;
  /** Spot first. */
  spot: boolean;
  /** How many. */
  subnets: number;
  /** The scheduler publishes its monitor stream. */
  monitored: boolean;
  /** How often its stream shows all that there is. */
  reportEverySeconds: number;
  /** For the fleet that grows to the work; null: it does not. */
  tasksPerWorker: number | null;
  cooldownSeconds: number;
  restlessness: number;
  /** An orderly stop leaves the tasks to the next start. */
  leave: boolean;
  /** A task with our tag that no launch of ours made is there from the beginning. */
  orphan: boolean;
  /** AWS allows so few calls that they queue for long. */
  scarceCalls: boolean;
  /** Left out: the first one. */
  cluster?: string;
  /** Under which name workers reach the scheduler; left out: the first one. It is a part of the ownership tag, and of the state directory's name. */
  workerAddress?: string;
  /** Left out: the first one. It is a part of the tag and of that name, too, and what the scheduler calls us by. */
  managerId?: string;
  /** Null or left out: manager id and address make the ownership tag. */
  fleetId?: string | null;
  /** A limit of money; null: none. */
  money: SimulatedLimit | null;
  /** Of the wide profile; left out: as every seed has it. */
  wide?: WideSettings;
}

/** What a person may change between two lives. */
export type SettingsChange = Partial<Omit<SimulationSettings, 'wide'>> & {
  wide?: Partial<WideSettings>;
};

export type TaskEnd = 'exit' | 'oom' | 'spot' | 'maintenance' | 'outside';

/** Where a kill can strike; null: just then. */
export const killPoints = [
  'RunTask.sent',
  'RunTask.executed',
  'RunTask.answered',
  'StopTask.sent',
  'StopTask.answered',
  'DescribeTasks.answered',
  'ListTasks.answered',
  'disk.write',
  'disk.synced',
] as const;
export type KillPoint = (typeof killPoints)[number];

export type Window = {
  [K in keyof Oddities]: Oddities[K] extends boolean ? K : never;
}[keyof Oddities];

/** One thing that happens to the world. `at` and `ms` in milliseconds from the beginning. */
export type Happening =
  | DialogueHappening
  | { at: number; kind: 'demand'; tasks: number; power?: Power }
  /** Workers die in Fargate tasks that serve on. */
  | { at: number; kind: 'workersDie'; count: number }
  | {
      at: number;
      kind: 'call';
      operations: Operation[];
      mishap: Mishap;
      count: number;
      ms: number;
      /** What the wide profile is said to have met by it. */
      power?: Power;
    }
  | { at: number; kind: 'window'; window: Window; ms: number }
  | { at: number; kind: 'delay'; of: 'missingMs' | 'listLagMs' | 'staleMs'; by: number; ms: number }
  | { at: number; kind: 'quota'; tasks: number; ms: number }
  | { at: number; kind: 'subnet'; subnet: string; trouble: SubnetTrouble; ms: number }
  | {
      at: number;
      kind: 'next';
      fate: 'partial' | 'ghosts' | 'stuck' | 'startFailures';
      count: number;
    }
  | { at: number; kind: 'end'; end: TaskEnd; count: number }
  | { at: number; kind: 'schedulerFault'; fault: keyof SchedulerFaults; ms: number }
  | { at: number; kind: 'disk'; trouble: DiskTrouble; ms: number }
  | { at: number; kind: 'prepare'; failure: 'unreachable' | 'denied'; count: number }
  | {
      at: number;
      kind: 'kill';
      point: KillPoint | null;
      power: boolean;
      /** `lost`: with its state directory; `forgotten`: the identity beside it stays. */
      journal: 'kept' | 'lost' | 'forgotten' | Bend;
      downMs: number;
      /** By how much the host's clock is set meanwhile. */
      clockMs?: number;
    }
  /** Another hand deletes the cluster, with all that runs in it. */
  | { at: number; kind: 'deleteCluster' }
  /** DescribeTasks denies some that have run for a while, for so long. */
  | { at: number; kind: 'deny'; count: number; ms: number }
  /** AWS throttles what comes faster. */
  | { at: number; kind: 'buckets'; rates: BucketRates; ms: number }
  /** What the monitor stream lists is false, or a part. */
  | { at: number; kind: 'streamFault'; fault: StreamFault; ms: number }
  /** The scheduler lives, and forgets its manager, or the workers of so many tasks. */
  | { at: number; kind: 'forgetManager' }
  | { at: number; kind: 'forgetWorkers'; count: number }
  /** Tasks that run are shown with an unknown status; null: for ever. */
  | { at: number; kind: 'status'; forMs: number | null }
  /** The process stands still, and goes on. */
  | { at: number; kind: 'standstill'; ms: number }
  /** A start with other settings after a kill or an orderly stop. */
  | {
      at: number;
      kind: 'restart';
      downMs: number;
      how: 'kill' | 'stop';
      change: SettingsChange;
    }
  /**
   * An orderly stop, and a start after it; `soon`: so long after its end, not after the longest time it may take. `again`:
   * it is asked for again so long after the first time.
   */
  | { at: number; kind: 'stop'; downMs: number; soon?: boolean; again?: readonly number[] };

/** All that a seed decides beforehand: shrinking leaves out some of `happenings`, the rest stays. */
export interface Script {
  seed: number;
  settings: SimulationSettings;
  happenings: Happening[];
  finalDemand: number;
  /** Kinds of faults that were switched off. */
  absent?: readonly string[];
}

const second = 1000;
const chaosMs = 150 * second;

const demandOf = (random: Random, policy: Policy): number =>
  policy === 'vanilla'
    ? random.pick([0, 1, 8, 25, 25, 40])
    : random.pick([0, 3, 10, 25, 25, 60, 100]);

const kill = (random: Random, at: number): Happening & { kind: 'kill' } => ({
  at,
  kind: 'kill',
  point: random.chance(0.75) ? random.pick(killPoints) : null,
  power: random.chance(0.4),
  journal: random.chance(0.08) ? 'lost' : 'kept',
  downMs: random.chance(0.04)
    ? random.between(610, 700) * second
    : random.chance(0.3)
      ? random.between(15, 60) * second
      : random.between(0.5, 8) * second,
});

const fault = (random: Random, at: number): Happening => {
  const ms = random.between(5, 60) * second;
  const count = random.int(1, 6);
  switch (random.int(0, 19)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return {
        at,
        kind: 'call',
        operations: [random.pick(operations)],
        mishap: random.pick(mishaps),
        count,
        ms: 60 * second,
      };
    case 4:
    case 5:
      return {
        at,
        kind: 'call',
        operations: ['RunTask'],
        mishap: random.pick(mishaps),
        count,
        ms: 60 * second,
      };
    case 6:
      return {
        at,
        kind: 'call',
        operations: random.chance(0.5) ? [...operations] : ['ListTasks', 'DescribeTasks'],
        mishap: random.pick(['denied', 'throttle', 'error500', 'expired', 'reset']),
        count: 1000,
        ms,
      };
    case 7:
    case 8:
      return {
        at,
        kind: 'window',
        window: random.pick(['slowStops', 'forgetful', 'slowStarts', 'noCapacity', 'noSpot']),
        ms,
      };
    case 9:
    case 10:
      return random.pick<Happening>([
        { at, kind: 'delay', of: 'missingMs', by: random.between(3, 40) * second, ms },
        { at, kind: 'delay', of: 'listLagMs', by: random.between(2, 8) * second, ms },
        { at, kind: 'delay', of: 'staleMs', by: random.between(1, 4) * second, ms },
      ]);
    case 11:
      return { at, kind: 'quota', tasks: random.int(3, 8), ms };
    case 12:
    case 13:
      return {
        at,
        kind: 'next',
        fate: random.pick(['partial', 'ghosts', 'stuck', 'startFailures']),
        count: random.int(1, 4),
      };
    case 14:
    case 15:
      return {
        at,
        kind: 'end',
        end: random.pick(['exit', 'oom', 'spot', 'maintenance', 'outside']),
        count: random.int(1, 4),
      };
    case 16:
    case 17:
      return {
        at,
        kind: 'schedulerFault',
        fault: random.pick(['silent', 'gone', 'echoless', 'commandless', 'empty', 'unseen']),
        ms: random.chance(0.2) ? random.between(60, 100) * second : ms / 2,
      };
    case 18:
      return { at, kind: 'disk', trouble: random.pick(['full', 'slow', 'syncFails']), ms: ms / 2 };
    default:
      return {
        at,
        kind: 'prepare',
        failure: random.pick(['unreachable', 'denied']),
        count: random.int(1, 3),
      };
  }
};

export const scriptOf = (seed: number): Script => {
  const random = createRandom(seed, 'script');
  const places = createRandom(seed, 'subnets');
  const policy: Policy = random.chance(0.6) ? 'direct' : 'vanilla';
  const dialogues = createRandom(seed, 'dialogue');
  const dialogueSettings = drawDialogueSettings(dialogues);
  const scaling = createRandom(seed, 'scaling');
  const standstills = createRandom(seed, 'standstill');
  const drains = createRandom(seed, 'drain');
  const settings: SimulationSettings = {
    reportEverySeconds: scaling.pick([1, 1, 1, 1, 10, 60]),
    tasksPerWorker: scaling.pick([null, 10, 10, 10, 4, 1]),
    cooldownSeconds: scaling.pick([0, 0, 10, 30]),
    ...dialogueSettings,
    policy,
    workersPerTask: random.pick([1, 1, 2, 4]),
    maxTasks: random.pick([null, 1, 2, 3, 5, 8, 15]),
    heartbeatIntervalSeconds: random.pick([2, 2, 5]),
    startDeadlineSeconds: random.pick([50, 120, 300]),
    schedulerGraceSeconds: random.pick([30, 600]),
    stopTimeoutSeconds: random.pick([20, 120]),
    drainTimeoutSeconds: drains.pick([-1, -1, 10, 60, 60]),
    spot: random.chance(0.25),
    subnets: places.pick([1, 1, 2, 3]),
    monitored: random.chance(0.5),
    restlessness: random.pick([0.15, 0.15, 0.002]),
    leave: random.chance(0.3),
    orphan: random.chance(0.15),
    scarceCalls: standstills.chance(0.15),
    money: null,
  };
  const moment = () => random.between(12 * second, chaosMs);
  const happenings: Happening[] = [
    { at: random.between(0, 3) * second, kind: 'demand', tasks: demandOf(random, policy) || 10 },
    kill(random, moment()),
    sureFault(random, moment()),
    sureFault(random, moment()),
  ];
  for (let n = random.int(2, 6); n > 0; n--)
    happenings.push({ at: moment(), kind: 'demand', tasks: demandOf(random, policy) });
  for (let n = random.int(4, 12); n > 0; n--) {
    const at = moment();
    happenings.push(fault(random, at));
    // Trouble is worst where something is being done.
    if (random.chance(0.4))
      happenings.push({
        at: at + random.between(0, 3) * second,
        kind: 'demand',
        tasks: demandOf(random, policy),
      });
  }
  for (let n = random.int(0, 2); n > 0; n--) happenings.push(kill(random, moment()));
  for (let n = random.int(0, 2); n > 0; n--)
    happenings.push(...coincidence(random, policy, moment()));
  if (random.chance(0.12))
    happenings.push({ at: moment(), kind: 'stop', downMs: random.between(1, 20) * second });
  // What is there from the first moment on.
  if (random.chance(0.3)) happenings.push(fault(random, 0));
  for (let n = places.int(0, 3); n > 0; n--) {
    const at = places.between(5 * second, chaosMs);
    happenings.push({
      ...{ at, kind: 'subnet', ms: places.between(10, 90) * second },
      subnet: `subnet-${places.int(1, settings.subnets)}`,
      trouble: places.pick(subnetTroubles),
    });
    // A fleet that asks for nothing meets no fault.
    if (places.chance(0.6))
      happenings.push({
        ...{ at: at + places.between(0, 3) * second, kind: 'demand' },
        tasks: demandOf(places, policy),
      });
  }
  const clusters = createRandom(seed, 'cluster');
  if (clusters.chance(0.06))
    happenings.push({ at: clusters.between(20 * second, chaosMs), kind: 'deleteCluster' });
  if (standstills.chance(0.25))
    for (let n = standstills.int(1, 3); n > 0; n--) {
      const at = standstills.between(12 * second, chaosMs);
      const ms = standstills.pick([8, 30, 45, 90, 120]) * second;
      happenings.push({ at, kind: 'standstill', ms });
      // What was decided just before it, or changes during it.
      if (standstills.chance(0.7))
        happenings.push({
          ...{ at: at + standstills.between(-3, ms / 2000) * second, kind: 'demand' },
          tasks: demandOf(standstills, policy),
        });
    }
  const starts = createRandom(seed, 'starts');
  if (starts.chance(0.25)) {
    const downMs = starts.between(0.1, 4) * second;
    happenings.push({ at: starts.between(12 * second, chaosMs), kind: 'stop', downMs, soon: true });
  }
  const rare = createRandom(seed, 'rare');
  if (rare.chance(0.05))
    // When nothing else is in its way.
    happenings.push(...rarity(rare, settings, chaosMs + 60 * second));
  // The rights of the seed page: never to look. What happened meanwhile is seen only when all is over.
  if (createRandom(seed, 'blind').chance(0.03))
    happenings.push({
      ...{ at: 0, kind: 'call', operations: ['ListTasks', 'DescribeTasks'], mishap: 'denied' },
      ...{ count: 1_000_000, ms: chaosMs },
    });
  const clocks = createRandom(seed, 'clock');
  for (const each of happenings)
    if (each.kind === 'kill' && clocks.chance(0.15))
      each.clockMs = clocks.pick([-24 * 60, -60, -1.5, 1.5, 60, 24 * 60]) * 60 * second;
  happenings.push(...drawDialogueFaults(dialogues, dialogueSettings, chaosMs));
  // The generations that ask for units one by one name workers, and never all of what is left.
  if (['g3', 'g4'].includes(releaseNamed(settings.scheduler.release).generation))
    for (let n = scaling.int(0, 5); n > 0; n--) {
      const at = scaling.between(20 * second, chaosMs);
      happenings.push({ at, kind: 'workersDie', count: scaling.int(1, 3) });
    }
  happenings.sort((a, b) => a.at - b.at);
  const used = happenings.flatMap((each) => (each.kind === 'replace' ? each.release : []));
  settings.money = drawLimit(seed, [settings.scheduler.release, ...used]);
  const finalDemand = settlingDemand(demandOf(random, policy), [
    settings.scheduler.release,
    ...used,
  ]);
  return { seed, settings, happenings, finalDemand };
};

/** After a kill was armed, it strikes at the latest then, ms. */
export const killLimitMs = 15 * second;

/** Faults that show whatever else is going on, so that no seed is without. */
const sureFault = (random: Random, at: number): Happening => {
  const ms = random.between(10, 40) * second;
  return random.pick<Happening>([
    { at, kind: 'window', window: random.pick(['slowStops', 'forgetful', 'slowStarts']), ms },
    { at, kind: 'delay', of: 'missingMs', by: random.between(3, 40) * second, ms },
    { at, kind: 'delay', of: 'staleMs', by: random.between(1, 4) * second, ms },
    {
      at,
      kind: 'schedulerFault',
      fault: random.pick(['silent', 'echoless', 'commandless']),
      ms: ms / 2,
    },
    { at, kind: 'disk', trouble: 'slow', ms: ms / 2 },
  ]);
};

/** What hardly ever comes together by itself. */
const rarity = (random: Random, settings: SimulationSettings, at: number): Happening[] => {
  const { policy, spot, maxTasks } = settings;
  const call = (
    after: number,
    operation: Operation,
    mishap: Mishap,
    count: number,
    ms = 60 * second,
  ): Happening => ({
    ...{ at: at + after * second, kind: 'call', operations: [operation] },
    ...{ mishap, count, ms },
  });
  const demand = (after: number, tasks: number): Happening => ({
    ...{ at: at + after * second, kind: 'demand', tasks },
  });
  const most = policy === 'vanilla' ? 40 : 100;
  switch (random.pick(spot ? [1, 2] : (maxTasks ?? 15) < 5 ? [2] : [0, 0, 0, 2])) {
    case 0:
      // Stops that were refused are asked for again while launches are throttled.
      return [
        demand(-30, most),
        call(0, 'StopTask', 'denied', 1000, 10 * second),
        demand(0, 1),
        call(4, 'RunTask', 'throttle', 1000),
        demand(5, most),
        call(12, 'StopTask', random.pick(mishaps), 4),
      ];
    case 1:
      // Spot has no capacity while other launches wait for the disk, or to be let in.
      return [
        { at, kind: 'window', window: 'noSpot', ms: 30 * second },
        { at, kind: 'disk', trouble: 'slow', ms: 15 * second },
        call(0, 'RunTask', 'throttle', random.int(4, 20)),
        demand(0, 5),
        demand(random.between(1, 5), most),
      ];
    default:
      // A launch without an answer is asked for again while others wait for an idle moment.
      return [
        demand(-40, 10),
        call(0, 'RunTask', 'hang', 1),
        demand(1, most),
        demand(8, 1),
        call(10, 'RunTask', 'slow', 1),
        { at: at + 10 * second, kind: 'window', window: 'noSpot', ms: 60 * second },
        {
          ...{ at: at + 10 * second, kind: 'subnet', ms: 60 * second },
          ...{ subnet: 'subnet-1', trouble: random.pick(subnetTroubles) },
        },
      ];
  }
};

/** What has to come together to be seen often: a state that is soon left, and trouble just then. */
const coincidence = (random: Random, policy: Policy, at: number): Happening[] => {
  const soon = at + random.between(0, 3) * second;
  const call = (operation: Operation): Happening => ({
    at: at - second,
    kind: 'call',
    operations: [operation],
    mishap: random.pick(mishaps),
    count: random.int(1, 4),
    ms: 30 * second,
  });
  const most = policy === 'vanilla' ? 40 : 100;
  switch (random.int(0, 3)) {
    case 0:
      // Launches wait for the disk.
      return [
        { at, kind: 'disk', trouble: 'slow', ms: 15 * second },
        { at, kind: 'demand', tasks: random.chance(0.5) ? most : 25 },
        fault(random, soon),
        ...(random.chance(0.3) ? [kill(random, soon)] : []),
      ];
    case 1:
      // Shrinking goes wrong.
      return [call('StopTask'), { at, kind: 'demand', tasks: random.pick([0, 1, 5]) }];
    case 2: {
      // Carried out, not answered, and then a clear no; or a death in between.
      const trap = (mishap: Mishap, count: number): Happening => ({
        at,
        kind: 'call',
        operations: ['RunTask'],
        mishap,
        count,
        ms: 60 * second,
      });
      return [
        { at: at - second, kind: 'demand', tasks: random.pick([0, 5]) },
        random.chance(0.5)
          ? trap(random.pick(['resetExecuted', 'error500Executed', 'hangExecuted', 'garbled']), 1)
          : { ...kill(random, at), point: random.pick(['RunTask.sent', 'RunTask.executed']) },
        trap(random.pick(['denied', 'expired', 'throttle']), random.int(1, 4)),
        { at: at + 100, kind: 'demand', tasks: most },
      ];
    }
    default:
      return [
        call('RunTask'),
        { at: at - second, kind: 'demand', tasks: random.pick([0, 5]) },
        { at: soon, kind: 'demand', tasks: most },
      ];
  }
};

/** When the last fault is over and the daemon runs again, ms from the beginning. */
export const faultsEnd = ({ happenings, settings }: Script): number => {
  // A rival waits for the daemon, and the daemon's ends for the rival's.
  const rivalMs = happenings.reduce(
    (ms, each) => ms + (each.kind === 'rival' ? each.ms + 60 * second : 0),
    0,
  );
  return (
    Math.max(
      20 * second,
      ...happenings.map((each) => {
        if (each.kind === 'kill') return each.at + killLimitMs + each.downMs + rivalMs;
        if (each.kind === 'status') return each.at + (each.forMs ?? 0);
        if (each.kind === 'replace') return each.at + each.downMs + 10 * second;
        if (each.kind === 'stop' || each.kind === 'shutdownCluster' || each.kind === 'restart')
          return (
            each.at + each.downMs + settings.stopTimeoutSeconds * second + 30 * second + rivalMs
          );
        return each.at + ('ms' in each ? each.ms : 0) + (each.kind === 'rival' ? rivalMs : 0);
      }),
    ) + second
  );
};
