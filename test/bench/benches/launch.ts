import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Row } from '../bench.ts';
import { type BenchManager, cpuMeter, longestSilence, type Stage, unlimited } from '../stage.ts';
import { endAll, shareOfOriginal } from './shrink.ts';

interface Launching {
  groups: number;
  /** Let the emulator throttle as AWS does. */
  quotas: boolean;
  nodeArgs: string[];
  latencyMs?: number;
  /** For so long after the launch its heartbeats are watched, ms: at least as long as its CPU time is counted. */
  watchMs?: number;
  /** The probe costs CPU time itself. */
  isProbed?: boolean;
}

export interface Launched {
  /** From the command to the creation of the last task, s. */
  seconds: number;
  /** CPU time of the manager from the command until 2 s after the launch, s. */
  cpu: number;
  calls: number;
  throttled: number;
  /** Longest pause between heartbeats, from the last one before the command until the end of the watch, s. */
  silence: number;
  /** Written to the log, KB. */
  logKb: number;
  /** Longest delay of the event loop by own work, ms; without the probe NaN. */
  ownDelayMs: number;
  /** Still runs, with all its groups. */
  manager: BenchManager;
}

/** For so long after a launch its CPU time is counted, ms. */
export const cpuWatchMs = 2000;
/** For so long after a launch its heartbeats are watched, ms. */
export const silenceWatchMs = 10_000;

/** A scheduler desires many tasks at once. */
export async function launchAll(
  stage: Stage,
  {
    groups,
    quotas,
    nodeArgs,
    latencyMs = 250,
    watchMs = silenceWatchMs,
    isProbed = false,
  }: Launching,
): Promise<Launched> {
  const isOurs = stage.side.name === 'ours';
  const emulator = await stage.emulator({ latencyMs, quotas });
  const scheduler = await stage.scheduler();
  const args = isOurs && !quotas ? unlimited : [];
  const manager = stage.manager({ emulator, scheduler, args, nodeArgs, isProbed });
  await scheduler.waitFor('heartbeat');
  if (isOurs)
    await emulator.until('our tasks are listed', ({ calls }) => (calls.ListTasks ?? 0) > 0);
  await sleep(1500);
  if (isProbed) await manager.probe();
  const lastHeartbeat = (await scheduler.heartbeats()).at(-1);
  const cpu = cpuMeter(manager.pid);
  const at = await scheduler.command(groups);
  const ledger = await emulator.until('all tasks are there', ({ tasks }) => tasks.length >= groups);
  const seconds = (Math.max(...ledger.tasks.map(({ createdAt }) => createdAt)) - at) / 1000;
  await sleep(cpuWatchMs);
  const used = cpu();
  const logKb = statSync(manager.logFile).size / 1024;
  const ownDelayMs = isProbed ? (await manager.probe()).ownDelayMs : Number.NaN;
  await sleep(watchMs - cpuWatchMs);
  return {
    seconds,
    cpu: used,
    calls: ledger.calls.RunTask ?? 0,
    throttled: Object.entries(ledger.errors)
      .filter(([name]) => name.startsWith('RunTask') && name.includes('Throttl'))
      .reduce((sum, [, count]) => sum + count, 0),
    silence: longestSilence(lastHeartbeat ?? at, await scheduler.heartbeats()) / 1000,
    logKb,
    ownDelayMs,
    manager,
  };
}

/** The interval of heartbeats and 50 ms, s. */
export const silenceGoal = 2.05;
export const silence: Omit<Row, 'id'> = {
  what: 'longest pause between heartbeats, until 10 s after the launch',
  ...{ unit: 's', goal: silenceGoal, limit: '2 s' },
  why: 'a heartbeat leaves at the first free moment after its timer: what is more than 2 s is work of the event loop and waiting for a core',
};

export const launchFree: Bench = {
  name: 'launch-free',
  what: '1,000 tasks at once, quotas lifted, AWS answers after 250 ms',
  rows: [
    {
      id: 'launch-free.time',
      what: 'until all are created',
      unit: 's',
      goal: 0.6,
      why: 'the emulator creates tasks after half of the 250 ms, 0.125 s; the rest is CPU time, of the manager and of the emulator',
      limit: '0.125 s',
    },
    { id: 'launch-free.silence', ...silence },
    {
      id: 'launch-free.loop',
      what: 'longest delay of the event loop, own work (a run of its own, with the probe)',
      unit: 'ms',
      goal: 50,
      why: 'code that runs for the first time: the longest pieces are the first command and the first RunTask, for which the SDK puts its middleware together',
    },
    {
      ...{ id: 'launch-free.calls', what: 'RunTask calls', unit: 'calls', goal: 100, limit: '100' },
      why: 'a launch of less than ten tasks, because more were desired in between',
    },
    {
      ...{ id: 'launch-free.log', what: 'log at INFO', unit: 'KB', goal: 120 },
      why: 'a line for each launch of ten tasks',
    },
  ],
  async run(stage, { groups, nodeArgs }) {
    const all = groups ?? 1000;
    const isOurs = stage.side.name === 'ours';
    const share = isOurs ? 1 : shareOfOriginal;
    const launching = { groups: all / share, quotas: false, nodeArgs };
    const told = await launchAll(stage, launching);
    await stage.close();
    const probed = isOurs
      ? await launchAll(stage, { ...launching, watchMs: cpuWatchMs, isProbed: true })
      : null;
    return {
      'launch-free.time': told.seconds * share,
      'launch-free.silence': told.silence * share,
      'launch-free.calls': told.calls * share,
      'launch-free.log': told.logKb * share,
      ...(probed && { 'launch-free.loop': probed.ownDelayMs }),
    };
  },
};

/** `launch-free`, in which the original launches as many tasks as we do: its figures are not multiplied. */
export const launchWhole: Bench = {
  name: 'launch-whole',
  what: '1,000 tasks at once, quotas lifted, AWS answers after 250 ms, the original with all 1,000, too',
  rounds: 1,
  originalRounds: 1,
  rows: [
    {
      ...{ id: 'launch-whole.time', what: 'until all are created', unit: 's', goal: 0.6 },
      ...{ limit: '0.125 s', why: 'see launch-free.time' },
    },
    { id: 'launch-whole.silence', ...silence },
  ],
  async run(stage, { groups, nodeArgs }) {
    const told = await launchAll(stage, { groups: groups ?? 1000, quotas: false, nodeArgs });
    return { 'launch-whole.time': told.seconds, 'launch-whole.silence': told.silence };
  },
};

export const launchQuota: Bench = {
  name: 'launch-quota',
  what: '1,000 tasks at once, at 100 tasks and then 20 a second, AWS answers after 250 ms',
  rows: [
    {
      id: 'launch-quota.time',
      what: 'until all are created',
      unit: 's',
      goal: 46,
      limit: '45 s',
      why: 'one call of ten tasks is kept in reserve, so that AWS throttles nothing: 90 tasks leave at once and 20 a second after them, at ticks of one second. The last ones leave at the first tick 45.5 s after the first ones, and the emulator creates them 0.125 s later: 45.6 to 46.6 s after the command, which comes at any moment of a second',
    },
    {
      ...{ id: 'launch-quota.calls', what: 'RunTask calls', unit: 'calls', goal: 112 },
      limit: '100',
      why: 'a tick may find less than ten tasks allowed, and launches those in a call of their own',
    },
    {
      id: 'launch-quota.throttled',
      what: 'of these throttled',
      unit: 'calls',
      goal: 0,
      limit: '0',
      why: 'the call in reserve covers calls that reach AWS up to half a second closer together than they left',
    },
  ],
  async run(stage, { groups, nodeArgs }) {
    const share = stage.side.name === 'ours' ? 1 : shareOfOriginal;
    const all = (groups ?? 1000) / share;
    const told = await launchAll(stage, { groups: all, quotas: true, nodeArgs });
    return {
      'launch-quota.time': told.seconds * share,
      'launch-quota.calls': told.calls * share,
      'launch-quota.throttled': told.throttled * share,
    };
  },
};

/** What a group costs in fleets of several sizes. */
export const scale: Bench = {
  name: 'scale',
  what: 'what a group costs in fleets of several sizes, AWS answers at once, quotas lifted',
  // 10,000 launches.
  originalRounds: 0,
  rows: [
    {
      id: 'scale.100',
      what: 'CPU time of launching a group, of 100',
      unit: 'ms',
      goal: 2.5,
      why: 'code that runs for the first time: of the time of a profile of a hundred launches 68 % is that of V8 itself, which compiles, and 8 % our machines (2026-11-28 at 242248a3, Node.js 26.10.0)',
    },
    {
      id: 'scale.1000',
      what: 'CPU time of launching a group, of 1,000',
      unit: 'ms',
      goal: 1,
      why: 'as in scale.100, for ten times as many groups; beyond that what large.cpu lists',
    },
    {
      id: 'scale.10000',
      what: 'CPU time of launching a group, of 10,000',
      unit: 'ms',
      goal: 0.6,
      why: 'what large.cpu lists, without the waits for AWS',
    },
    {
      ...{ id: 'scale.ratio', what: 'the same, 10,000 : 1,000', unit: '', goal: 1.3 },
      why: 'work that each launch costs more where there are more groups',
    },
    {
      ...{ id: 'scale.steady', unit: '', goal: 1.3 },
      what: 'CPU time a group while nothing happens, 10,000 : 1,000',
      why: 'work that each group costs more where there are more of them; see large.steady for what it is spent on',
    },
    {
      ...{ id: 'scale.down100', unit: 'ms', goal: 4.2 },
      what: 'CPU time of ending an idle group, of 100',
      why: 'see scale.100',
    },
    {
      ...{ id: 'scale.down1000', unit: 'ms', goal: 3.7 },
      what: 'CPU time of ending an idle group, of 1,000',
      why: 'see scale.down',
    },
    {
      ...{ id: 'scale.down10000', unit: 'ms', goal: 4.5 },
      what: 'CPU time of ending an idle group, of 10,000',
      why: 'see scale.down',
    },
    {
      ...{ id: 'scale.down', unit: '', goal: 1.3 },
      what: 'the same, 10,000 : 1,000',
      why: 'garbage collection had 17 % of the CPU time in a profile of ending 10,000 groups (2026-11-28 at 242248a3, Node.js 26.10.0), and copies of all deaths of the last minute, which are no longer made, 6 %',
    },
  ],
  async run(stage, { groups: most, nodeArgs }) {
    const sizes = [0.01, 0.1, 1].map((share) => Math.ceil(share * (most ?? 10_000)));
    /** CPU time a group, ms. */
    const up: number[] = [];
    for (const groups of sizes) {
      const launching = { groups, quotas: false, nodeArgs, latencyMs: 0, watchMs: cpuWatchMs };
      const { cpu } = await launchAll(stage, launching);
      up.push((1000 * cpu) / groups);
      await stage.close();
    }
    const down: number[] = [];
    /** Of a core for a group while nothing happens, %. */
    const steady: number[] = [];
    for (const groups of sizes) {
      const ending = { groups, args: unlimited, nodeArgs, latencyMs: 0 };
      // Of a hundred it is too little to be measured.
      const told = await endAll(stage, { ...ending, steadyMs: groups === sizes[0] ? 0 : 15_000 });
      down.push((1000 * told.cpu) / groups);
      steady.push(told.steady / groups);
      await stage.close();
    }
    const [at100 = Number.NaN, at1000 = Number.NaN, at10000 = Number.NaN] = up;
    const [downAt100 = Number.NaN, downAt1000 = Number.NaN, downAt10000 = Number.NaN] = down;
    const [, steadyAt1000 = Number.NaN, steadyAt10000 = Number.NaN] = steady;
    return {
      'scale.100': at100,
      'scale.1000': at1000,
      'scale.10000': at10000,
      'scale.ratio': at10000 / at1000,
      'scale.steady': steadyAt10000 / steadyAt1000,
      'scale.down100': downAt100,
      'scale.down1000': downAt1000,
      'scale.down10000': downAt10000,
      'scale.down': downAt10000 / downAt1000,
    };
  },
};
