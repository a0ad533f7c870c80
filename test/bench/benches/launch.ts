import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Row } from '../bench.ts';
import { cpuMeter, longestSilence, type Stage, unlimited } from '../stage.ts';
import { endAll, shareOfOriginal } from './shrink.ts';

interface Launching {
  groups: number;
  /** Let the emulator throttle as AWS does. */
  quotas: boolean;
  nodeArgs: string[];
  latencyMs?: number;
}

export interface Launched {
  /** From the command to the creation of the last task, s. */
  seconds: number;
  /** CPU time of the manager from the command until 2 s after the launch, s. */
  cpu: number;
  calls: number;
  throttled: number;
  /** Longest pause between heartbeats, from the last one before the command until 10 s after the launch, s. */
  silence: number;
  /** Written to the log, KB. */
  logKb: number;
  ownDelayMs: number;
}

/** A scheduler desires many tasks at once. */
export async function launchAll(
  stage: Stage,
  { groups, quotas, nodeArgs, latencyMs = 250 }: Launching,
): Promise<Launched> {
  const isOurs = stage.side.name === 'ours';
  const emulator = await stage.emulator({ latencyMs, quotas });
  const scheduler = await stage.scheduler();
  const args = isOurs && !quotas ? unlimited : [];
  const manager = stage.manager({ emulator, scheduler, args, nodeArgs, isProbed: isOurs });
  await scheduler.waitFor('heartbeat');
  if (isOurs)
    await emulator.until('our tasks are listed', ({ calls }) => (calls.ListTasks ?? 0) > 0);
  await sleep(1500);
  if (isOurs) await manager.probe();
  const lastHeartbeat = (await scheduler.heartbeats()).at(-1);
  const cpu = cpuMeter(manager.pid);
  const at = await scheduler.command(groups);
  const ledger = await emulator.until('all tasks are there', ({ tasks }) => tasks.length >= groups);
  const seconds = (Math.max(...ledger.tasks.map(({ createdAt }) => createdAt)) - at) / 1000;
  await sleep(2000);
  const used = cpu();
  const logKb = statSync(manager.logFile).size / 1024;
  const ownDelayMs = isOurs ? (await manager.probe()).ownDelayMs : Number.NaN;
  await sleep(silenceWatchMs - 2000);
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
  };
}

/** The interval of heartbeats and 50 ms, s. */
export const silenceGoal = 2.05;
/** For so long after a launch its heartbeats are watched, ms. */
export const silenceWatchMs = 10_000;

export const silence: Omit<Row, 'id'> = {
  what: 'longest pause between heartbeats, until 10 s after the launch',
  ...{ unit: 's', goal: silenceGoal, limit: '2 s' },
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
      why: '0.25 s are the answer of AWS, the rest is CPU time',
      limit: '0.25 s',
    },
    { id: 'launch-free.silence', ...silence },
    {
      id: 'launch-free.loop',
      what: 'longest delay of the event loop, own work',
      unit: 'ms',
      goal: 50,
      why: 'code that runs for the first time: the longest pieces are the first command and the first RunTask, for which the SDK puts its middleware together; 30 groups in the first turn of the event loop in place of 100 make no difference',
    },
    { id: 'launch-free.log', what: 'log at INFO', unit: 'KB', goal: 120 },
  ],
  async run(stage, { groups, nodeArgs }) {
    const all = groups ?? 1000;
    const isOurs = stage.side.name === 'ours';
    const share = isOurs ? 1 : shareOfOriginal;
    const told = await launchAll(stage, { groups: all / share, quotas: false, nodeArgs });
    return {
      'launch-free.time': told.seconds * share,
      'launch-free.silence': told.silence * share,
      'launch-free.log': told.logKb * share,
      ...(isOurs && { 'launch-free.loop': told.ownDelayMs }),
    };
  },
};

export const launchQuota: Bench = {
  name: 'launch-quota',
  what: '1,000 tasks at once, at 100 tasks and then 20 a second, AWS answers after 250 ms',
  // It launches far more slowly than the quotas allow, as in launch-free.
  originalRounds: 1,
  rows: [
    {
      id: 'launch-quota.time',
      what: 'until all are created',
      unit: 's',
      goal: 46,
      limit: '45 s',
      why: 'ten tasks of the burst are kept in reserve, so that AWS throttles nothing, so 90 leave at once and 20 a second after them, at ticks of one second: the last ones leave at the first tick 45.5 s after the first ones, and AWS answers 0.25 s later, 45.75 to 46.75 s after the command, depending on when in the second it comes',
    },
    { id: 'launch-quota.calls', what: 'RunTask calls', unit: 'calls', goal: 112, limit: '100' },
    { id: 'launch-quota.throttled', what: 'of these throttled', unit: 'calls', goal: 0 },
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
  what: 'CPU time of launching, AWS answers at once, quotas lifted',
  // 10,000 launches.
  originalRounds: 0,
  rows: [
    {
      id: 'scale.100',
      what: 'CPU time a group at 100',
      unit: 'ms',
      goal: 2.5,
      why: 'code that runs for the first time, for a tenth of the groups of scale.1000',
    },
    {
      id: 'scale.1000',
      what: 'CPU time a group at 1,000',
      unit: 'ms',
      goal: 1,
      why: 'see large.cpu',
    },
    {
      id: 'scale.10000',
      what: 'CPU time a group at 10,000',
      unit: 'ms',
      goal: 0.6,
      why: 'see large.cpu',
    },
    { id: 'scale.ratio', what: '10,000 : 1,000', unit: '', goal: 1.3 },
    {
      ...{ id: 'scale.down', unit: '', goal: 1.3 },
      what: 'CPU time a group of ending idle groups, 10,000 : 1,000',
    },
  ],
  async run(stage, { groups: most, nodeArgs }) {
    const sizes = [0.01, 0.1, 1].map((share) => Math.ceil(share * (most ?? 10_000)));
    /** CPU time a group, ms. */
    const up: number[] = [];
    for (const groups of sizes) {
      const { cpu } = await launchAll(stage, { groups, quotas: false, nodeArgs, latencyMs: 0 });
      up.push((1000 * cpu) / groups);
      await stage.close();
    }
    const down: number[] = [];
    for (const groups of sizes.slice(1)) {
      const { cpu } = await endAll(stage, { groups, args: unlimited, nodeArgs, latencyMs: 0 });
      down.push((1000 * cpu) / groups);
      await stage.close();
    }
    const [at100 = Number.NaN, at1000 = Number.NaN, at10000 = Number.NaN] = up;
    const [downAt1000 = Number.NaN, downAt10000 = Number.NaN] = down;
    return {
      'scale.100': at100,
      'scale.1000': at1000,
      'scale.10000': at10000,
      'scale.ratio': at10000 / at1000,
      'scale.down': downAt10000 / downAt1000,
    };
  },
};
