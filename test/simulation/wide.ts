import { type Operation, operations, wideMishaps } from './client.ts';
import { firstCluster } from './ecs.ts';
import { type Power, powers, type WideSettings } from './powers.ts';
import { createRandom, type Random } from './random.ts';
import { releaseNamed, releases } from './scheduler/releases.ts';
import { streamFaults } from './scheduler/streamLies.ts';
import {
  type Happening,
  type Script,
  type SettingsChange,
  type SimulationSettings,
  scriptOf,
} from './script.ts';
import { swarmed, without } from './swarm.ts';

/** The profiles of a simulation: `plain` is what every seed was from the beginning. */
export const profiles = ['plain', 'wide'] as const;
export type Profile = (typeof profiles)[number];

/** What of a profile is left out. */
export interface LeftOut {
  /** Kinds of faults. */
  kinds?: readonly string[];
  /** Further kinds at random, other ones in each seed. */
  swarm?: boolean;
}

export const scriptFor = (seed: number, profile: Profile, leftOut: LeftOut = {}): Script => {
  const { kinds = [], swarm = false } = leftOut;
  const script = profile === 'wide' ? wideScriptOf(seed) : scriptOf(seed);
  return without(swarm ? swarmed(script) : script, kinds);
};

const second = 1000;
const lastAt = 150 * second;

/** In which share of the seeds each of these comes. */
const chances = { stream: 0.25, denials: 0.2, buckets: 0.2, endless: 0.2, memory: 0.2 };

const moment = (random: Random): number => random.between(12 * second, lastAt);

/** Each power has a stream of its own, so that one more draw moves nothing elsewhere. */
const streamOf = (seed: number, power: string): Random => createRandom(seed, `wide/${power}`);

function drawSettings(seed: number, { policy }: SimulationSettings): WideSettings {
  const random = streamOf(seed, 'settings');
  return {
    maxLifetimeSeconds: null,
    minIdleSeconds: random.pick([0, 0, 5, 20, 60]),
    degradedGraceSeconds: random.pick([0, 15, 15, 60, 120]),
    // Its default policy knows one request only.
    severalRequests: random.chance(0.5) && policy === 'direct',
    isLarge: streamOf(seed, 'large').chance(0.08),
  };
}

/** A scheduler that asks by number, for hundreds of Fargate tasks; all that counts tasks grows with it. */
function enlarge(seed: number, script: Script): void {
  const random = streamOf(seed, 'size');
  const { settings } = script;
  const release = random.pick(releases.filter(({ generation }) => /g[34]/.test(generation)));
  const scheduler = { release: release.release, magic: random.pick(release.reached) };
  const demandOf = (): number =>
    random.pick([0, 40, 100, 150, 250, 400]) * 5 * settings.workersPerTask;
  Object.assign(settings, {
    ...{ scheduler, neighbour: false, policy: 'direct', money: null, scarceCalls: false },
    ...{ maxTasks: random.pick([null, 110, 150, 200, 400]), stopTimeoutSeconds: 120 },
  } satisfies Partial<SimulationSettings>);
  for (const each of script.happenings) {
    if (each.kind === 'demand') each.tasks = demandOf();
    else if (each.kind === 'replace') Object.assign(each, scheduler);
    else if (each.kind === 'quota') each.tasks *= 20;
    else if (['next', 'end', 'workersDie'].includes(each.kind) && random.chance(0.5))
      (each as { count: number }).count *= 15;
  }
  script.happenings.push({ at: 2 * second, kind: 'demand', tasks: demandOf() });
  script.finalDemand = demandOf();
}

/** Further requests to stop follow the first one. */
function signals(random: Random): Happening[] {
  const first = random.between(0.4, random.chance(0.7) ? 4 : 25) * second;
  const again = random.chance(0.5)
    ? [first]
    : [first, first + random.between(0.4, random.chance(0.5) ? 3 : 25) * second];
  const stop = { kind: 'stop', downMs: random.between(0.5, 4) * second, again } as const;
  return [{ ...stop, at: moment(random), soon: random.chance(0.7) }];
}

/** Trouble that outlasts every pause and every deadline of the daemon. */
function longFault(random: Random): Happening {
  const at = random.between(5 * second, lastAt);
  const ms = random.between(100, 500) * second;
  const call = { at, kind: 'call', count: 1_000_000, ms, power: 'long fault' } as const;
  return random.pick<Happening>([
    {
      ...{ ...call, operations: [random.pick(operations)] },
      mishap: random.pick(['throttle', 'error500', 'denied', 'expired', 'reset', 'hang', 'slow']),
    },
    {
      ...{ ...call, operations: ['RunTask'] },
      mishap: random.pick([
        'wrappedThrottle',
        'garbled',
        'late',
        'hangExecuted',
        'error500Executed',
      ]),
    },
    {
      ...{ ...call, operations: [...operations] },
      mishap: random.pick(['throttle', 'error500', 'expired', 'reset', 'hang']),
    },
    { at, kind: 'window', window: random.pick(['noCapacity', 'noSpot']), ms },
    { at, kind: 'window', window: random.pick(['slowStops', 'slowStarts']), ms },
    { at, kind: 'quota', tasks: random.int(2, 8), ms },
    {
      ...{ at, kind: 'schedulerFault', ms },
      fault: random.pick(['silent', 'gone', 'echoless', 'commandless', 'empty', 'unseen']),
    },
  ]);
}

/** A launch that was carried out without an answer is refused until it is given up, while no list can show its tasks. */
function refusals(random: Random): Happening[] {
  const at = random.between(1, 60) * second;
  const executed = random.pick(['error500Executed', 'resetExecuted', 'hangExecuted'] as const);
  const call = { kind: 'call', power: 'permanent refusals' } as const;
  return [
    { ...call, at, operations: ['RunTask'], mishap: executed, count: 1, ms: 60 * second },
    { at: at + 100, kind: 'demand', tasks: 25 },
    {
      ...{ ...call, at: at + second, operations: ['RunTask'], count: 1_000_000 },
      ...{ mishap: random.pick(['denied', 'wrappedThrottle'] as const), ms: 660 * second },
    },
    {
      ...{ ...call, at, operations: random.chance(0.7) ? ['ListTasks'] : ['DescribeTasks'] },
      ...{ mishap: 'error500', count: 1_000_000, ms: random.between(500, 900) * second },
    },
  ];
}

/** A person starts the daemon again with another file. */
function otherFile(random: Random, { settings }: Script): Happening {
  const change: SettingsChange = {
    ...(random.chance(0.6) && {
      maxTasks: settings.wide?.isLarge
        ? random.pick([null, 60, 120, 300])
        : random.pick([null, 1, 2, 4, 8, 15]),
    }),
    ...(random.chance(0.4) && { cooldownSeconds: random.pick([0, 20, 60]) }),
    ...(random.chance(0.4) && { schedulerGraceSeconds: random.pick([30, 600]) }),
    ...(random.chance(0.4) && { drainTimeoutSeconds: random.pick([-1, 10, 60]) }),
    ...(random.chance(0.4) && { startDeadlineSeconds: random.pick([50, 120, 300]) }),
    ...(settings.money && {
      money: random.chance(0.3) ? null : { ...settings.money, tasks: random.int(2, 60) },
    }),
  };
  return {
    ...{ at: moment(random), kind: 'restart', downMs: random.between(0.5, 20) * second, change },
    how: random.pick(['kill', 'stop'] as const),
  };
}

/** The daemon, or the host that it runs on, is away for hours: tokens have ended by then, and what ECS tells of stopped tasks. */
function away(random: Random): Happening[] {
  const at = moment(random);
  const ms = random.pick([0.5, 1.2, 3, 25]) * 3600 * second;
  if (random.chance(0.4)) return [{ at, kind: 'standstill', ms: Math.min(ms, 3600 * second) }];
  const point = random.pick(['RunTask.sent', 'RunTask.executed', 'StopTask.sent', null] as const);
  return [
    { at: at - 100, kind: 'demand', tasks: random.pick([0, 10, 25]) },
    { at, kind: 'kill', point, power: random.chance(0.5), journal: 'kept', downMs: ms },
  ];
}

/** Hours without a restart: work comes and goes, and now and then something goes wrong. */
function longRun(random: Random, { settings }: Script): Happening[] {
  const hours = random.pick([1, 2, 3]);
  const end = lastAt + hours * 3600 * second;
  const some = Array.from({ length: 6 * hours }, (): Happening => {
    const at = random.between(lastAt, end);
    return random.pick<Happening>([
      { at, kind: 'demand', tasks: random.pick([0, 1, 8, 25, 40]) },
      { at, kind: 'demand', tasks: random.pick([0, 1, 8, 25, 40]) },
      { at, kind: 'end', end: random.pick(['exit', 'oom', 'spot', 'outside']), count: 2 },
      { at, kind: 'workersDie', count: random.int(1, 3) },
      { at, kind: 'cut' },
      { at, kind: 'replace', graceful: true, downMs: 5000, ...settings.scheduler },
    ]);
  });
  return [...some, { at: end, kind: 'demand', tasks: 25, power: 'hours of running' }];
}

/** Groups are rotated, undisturbed for a while at the end; then a person takes max_lifetime out of the file again. */
function rotate(seed: number, { settings, happenings }: Script): void {
  const random = streamOf(seed, 'lifetime');
  const { wide } = settings;
  if (!wide || !random.chance(0.3)) return;
  wide.maxLifetimeSeconds = random.pick([60, 90, 150, 240]);
  if (random.chance(0.85)) settings.monitored = true;
  if (random.chance(0.6)) settings.money = null;
  const at = lastAt + random.between(200, 450) * second;
  const demand = { kind: 'demand', tasks: random.pick([10, 25, 25, 40]) } as const;
  happenings.push(
    { ...demand, at: lastAt + 20 * second },
    {
      ...{ at, kind: 'restart', downMs: random.between(0.5, 8) * second },
      ...{
        how: random.pick(['kill', 'stop'] as const),
        change: { wide: { maxLifetimeSeconds: null } },
      },
    },
  );
}

/** ECS comes to know a status that this program does not know. */
function strangeStatus(random: Random): Happening {
  const forMs = random.chance(0.4) ? null : random.between(20, 400) * second;
  return { at: moment(random), kind: 'status', forMs };
}

/** Another hand deletes the journal, and nothing else; often while no list of our tasks can be had. */
function forgotten(random: Random): Happening[] {
  const at = moment(random);
  const downMs = random.between(0.5, 20) * second;
  const kill = {
    at,
    kind: 'kill',
    point: null,
    power: false,
    journal: 'forgotten',
    downMs,
  } as const;
  const call = { at, kind: 'call', count: 1_000_000 } as const;
  const list: Happening[] = random.chance(0.5)
    ? [
        {
          ...{ ...call, operations: ['ListTasks'], ms: random.between(20, 200) * second },
          mishap: random.pick(['denied', 'error500', 'reset', 'hang', 'garbled'] as const),
        },
      ]
    : [];
  const stop: Happening[] = random.chance(0.5)
    ? [
        {
          ...{ at: at + downMs + random.between(0.2, 60) * second, kind: 'stop' },
          ...{ downMs: random.between(1, 10) * second, soon: true },
        },
      ]
    : [];
  return [kill, ...list, ...stop];
}

/** A person starts the daemon with another cluster, and perhaps with the first one again. */
function otherClusters(random: Random, { happenings, settings }: Script): Happening[] {
  // Of the cluster from before only the journal tells.
  if (happenings.some((each) => each.kind === 'kill' && each.journal !== 'kept')) return [];
  const move = (cluster: string): Happening => ({
    ...{ at: moment(random), kind: 'restart', downMs: random.between(0.5, 20) * second },
    ...{ how: random.pick(['kill', 'kill', 'stop'] as const) },
    // Spot or not, the requests of open launches cannot be made any more.
    change: {
      cluster,
      ...(random.chance(0.4) && settings.money === null && { spot: !settings.spot }),
    },
  });
  return random.chance(0.4) ? [move('other'), move(firstCluster)] : [move('other')];
}

/** A person gives the fleet an id, which the state directory outlasts, and perhaps takes it away again. */
function fleetIds(random: Random, { happenings }: Script): Happening[] {
  // Of the tag from before only the journal tells, and another manager would go on with it.
  const isUnknown = (each: Happening): boolean =>
    each.kind === 'rival' || (each.kind === 'kill' && each.journal !== 'kept');
  if (happenings.some(isUnknown)) return [];
  const change = (fleetId: string | null, at = moment(random)): Happening => ({
    ...{ at, kind: 'restart', downMs: random.between(0.5, 20) * second },
    ...{ how: random.pick(['kill', 'kill', 'stop'] as const), change: { fleetId } },
  });
  if (random.chance(0.3)) return [change('fleet'), change(null)];
  const first = change('fleet');
  // So soon that a launch of the first may be open still.
  const again = random.chance(0.5);
  return again ? [first, change('second', first.at + random.between(1, 60) * second)] : [first];
}

/** A person gives the scheduler another name, or the manager another id: that is another fleet, with a state directory of its own. */
function otherFleet(random: Random, { happenings, settings }: Script): Happening[] {
  const { policy, neighbour, orphan, scheduler } = settings;
  const isApart = (each: Happening): boolean =>
    each.kind === 'rival' ||
    (each.kind === 'kill' && each.journal !== 'kept') ||
    (each.kind === 'replace' && !speaksNumbers(each.release)) ||
    (each.kind === 'restart' && (each.change.fleetId !== undefined || 'cluster' in each.change));
  if (policy !== 'direct' || neighbour || orphan || !speaksNumbers(scheduler.release)) return [];
  if (happenings.some(isApart)) return [];
  const downMs = random.between(0.5, 20) * second;
  const at = moment(random);
  const change = random.chance(0.5)
    ? { workerAddress: 'tcp://alias.simulated:8516' }
    : { managerId: 'renamed' };
  return [{ at, kind: 'restart', downMs, how: 'kill', change }];
}

/** A person gives each Fargate task another number of workers; those that run keep theirs. */
function otherWorkers(random: Random, { happenings, settings }: Script): Happening[] {
  const { policy, neighbour, scheduler, wide, workersPerTask } = settings;
  const isOther = (each: Happening): boolean =>
    each.kind === 'rival' || (each.kind === 'replace' && !speaksNumbers(each.release));
  if (policy !== 'direct' || neighbour || !speaksNumbers(scheduler.release)) return [];
  if (wide?.maxLifetimeSeconds || wide?.isLarge || happenings.some(isOther)) return [];
  const change = { workersPerTask: random.pick([1, 2, 3, 4].filter((n) => n !== workersPerTask)) };
  const restart = { kind: 'restart', downMs: random.between(0.5, 20) * second, change } as const;
  return [{ ...restart, at: moment(random), how: random.pick(['kill', 'stop'] as const) }];
}

/** DescribeTasks answers MISSING for tasks that serve: so long, ms, that the daemon may not give them up. */
function denied(random: Random, { settings }: Script): Happening {
  const ms = random.between(5, settings.monitored ? 50 : 55) * second;
  return { at: random.between(60 * second, lastAt), kind: 'deny', count: random.int(1, 4), ms };
}

/** AWS's own buckets as the documentation has them, or lower ones, as in an account that others use, too. */
function limitedCalls(random: Random): Happening {
  const modify = random.pick([
    { burst: 100, perSecond: 40 },
    { burst: 10, perSecond: 2 },
    { burst: 2, perSecond: 0.5 },
  ]);
  const launch = random.pick([
    { burst: 20, perSecond: 20 },
    { burst: 1, perSecond: 0.3 },
  ]);
  const read = random.pick([
    { burst: 100, perSecond: 20 },
    { burst: 3, perSecond: 0.5 },
  ]);
  const ms = random.between(30, 200) * second;
  return { at: moment(random), kind: 'buckets', rates: { modify, launch, read }, ms };
}

/** Some answers have no end. */
function endlessAnswers(random: Random): Happening[] {
  const call = (operation: Operation): Happening => ({
    ...{ at: moment(random), kind: 'call', operations: [operation], ms: 60 * second },
    ...{ mishap: random.pick(wideMishaps), count: random.int(1, 3) },
  });
  return operations.flatMap((operation) => (random.chance(0.5) ? [call(operation)] : []));
}

/** The scheduler goes on without its manager, or without some of its workers. */
const forgets = (random: Random): Happening[] => [
  ...(random.chance(0.6) ? [{ at: moment(random), kind: 'forgetManager' } as const] : []),
  ...(random.chance(0.6)
    ? [{ at: moment(random), kind: 'forgetWorkers', count: random.int(1, 5) } as const]
    : []),
];

/** For a bounded time: a task whose workers are not shown for two minutes is given up. */
const streamFault = (random: Random): Happening => ({
  ...{ at: moment(random), kind: 'streamFault', ms: random.between(5, 60) * second },
  fault: random.pick(streamFaults),
});

const speaksNumbers = (release: string): boolean => /g[34]/.test(releaseNamed(release).generation);

/** The same seed with more that can happen to it. The plain script is drawn first, and from streams of its own. */
export function wideScriptOf(seed: number): Script {
  const script = scriptOf(seed);
  const { happenings, settings } = script;
  const wide = drawSettings(seed, settings);
  settings.wide = wide;
  if (wide.isLarge) enlarge(seed, script);
  const rhythm = streamOf(seed, 'rhythm');
  if (rhythm.chance(0.3)) settings.cooldownSeconds = rhythm.pick([60, 120]);
  if (rhythm.chance(0.2)) settings.reportEverySeconds = rhythm.pick([10, 60]);
  const stops = streamOf(seed, 'stops');
  if (stops.chance(0.3)) happenings.push(...signals(stops));
  const disk = streamOf(seed, 'disk');
  if (disk.chance(0.25))
    happenings.push({
      ...{ at: disk.chance(0.3) ? 0 : moment(disk), kind: 'disk', trouble: 'directorySyncFails' },
      ms: disk.between(10, 120) * second,
    });
  if (disk.chance(0.15))
    happenings.push({
      ...{ at: moment(disk), kind: 'disk', ms: disk.between(120, 500) * second },
      trouble: disk.pick(['full', 'syncFails', 'directorySyncFails']),
    });
  const faults = streamOf(seed, 'faults');
  if (faults.chance(0.35)) happenings.push(longFault(faults));
  const rare = streamOf(seed, 'refusals');
  if (rare.chance(0.06)) happenings.push(...refusals(rare));
  rotate(seed, script);
  const changes = streamOf(seed, 'changes');
  if (changes.chance(0.25)) happenings.push(otherFile(changes, script));
  const hours = streamOf(seed, 'hours');
  if (hours.chance(0.06)) happenings.push(...away(hours));
  const running = streamOf(seed, 'running');
  if (running.chance(0.04) && !wide.isLarge) happenings.push(...longRun(running, script));
  const statuses = streamOf(seed, 'status');
  if (statuses.chance(0.12)) happenings.push(strangeStatus(statuses));
  const journals = streamOf(seed, 'journal');
  if (journals.chance(0.12)) happenings.push(...forgotten(journals));
  const clusters = streamOf(seed, 'clusters');
  if (clusters.chance(0.2)) happenings.push(...otherClusters(clusters, script));
  const tags = streamOf(seed, 'tags');
  if (tags.chance(0.15)) happenings.push(...fleetIds(tags, script));
  const addresses = streamOf(seed, 'addresses');
  if (addresses.chance(0.3)) happenings.push(...otherFleet(addresses, script));
  const sizes = streamOf(seed, 'sizes');
  if (sizes.chance(0.3)) happenings.push(...otherWorkers(sizes, script));
  const denials = streamOf(seed, 'denials');
  if (denials.chance(chances.denials)) happenings.push(denied(denials, script));
  const buckets = streamOf(seed, 'buckets');
  if (buckets.chance(chances.buckets)) happenings.push(limitedCalls(buckets));
  const endless = streamOf(seed, 'endless');
  if (endless.chance(chances.endless)) happenings.push(...endlessAnswers(endless));
  const memory = streamOf(seed, 'memory');
  if (memory.chance(chances.memory)) happenings.push(...forgets(memory));
  const stream = streamOf(seed, 'stream');
  if (stream.chance(chances.stream)) happenings.push(streamFault(stream));
  happenings.sort((a, b) => a.at - b.at);
  return script;
}

/** What of the wide profile a script decides from the first moment on; the rest has to happen. */
export function powersOf({ settings }: Script): Power[] {
  const { wide } = settings;
  if (!wide) return [];
  const { generation } = releaseNamed(settings.scheduler.release);
  const has: Partial<Record<Power, boolean>> = {
    max_lifetime: wide.maxLifetimeSeconds !== null,
    min_idle_seconds: wide.minIdleSeconds > 0 && settings.monitored,
    scale_down_cooldown_seconds: settings.cooldownSeconds > 30,
    degraded_grace: wide.degradedGraceSeconds !== 15 && settings.workersPerTask > 1,
    'slow reports': settings.reportEverySeconds > 1 && settings.monitored,
    'several requests': wide.severalRequests && /g23|g[34]/.test(generation),
    'hundreds of tasks': wide.isLarge,
  };
  return powers.filter((power) => has[power]);
}
