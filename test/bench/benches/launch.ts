import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Row } from '../bench.ts';
import { cpuMeter, longestSilence, type Stage, unlimited } from '../stage.ts';

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
  /** CPU time of the manager meanwhile, s. */
  cpu: number;
  calls: number;
  throttled: number;
  /** Longest pause between heartbeats, s. */
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
  await scheduler.heartbeats();
  if (isOurs) await manager.probe();
  const cpu = cpuMeter(manager.pid);
  const at = await scheduler.want(groups, isOurs);
  const ledger = await emulator.until('all tasks are there', ({ tasks }) => tasks.length >= groups);
  const seconds = (Math.max(...ledger.tasks.map(({ createdAt }) => createdAt)) - at) / 1000;
  await sleep(2000);
  const used = cpu();
  return {
    seconds,
    cpu: used,
    calls: ledger.calls.RunTask ?? 0,
    throttled: Object.entries(ledger.errors)
      .filter(([name]) => name.startsWith('RunTask') && name.includes('Throttl'))
      .reduce((sum, [, count]) => sum + count, 0),
    silence: longestSilence(at, await scheduler.heartbeats()) / 1000,
    logKb: statSync(manager.logFile).size / 1024,
    ownDelayMs: isOurs ? (await manager.probe()).ownDelayMs : Number.NaN,
  };
}

/** The original needs a quarter of a second for each task: a tenth of them show how long all would take. */
const shareOfOriginal = 10;

const silence: Omit<Row, 'id'> = {
  ...{ what: 'longest pause between heartbeats meanwhile', unit: 's', goal: 2.1, limit: '2 s' },
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
      why: "0.25 s are the answer of AWS, the rest is CPU time: 0.45 s on 2026-11-26, when the original's start took 0.34 s of CPU time on the same machine",
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
  // It launches far more slowly than the quotas allow: see launch-free.
  originalRounds: 0,
  rows: [
    {
      id: 'launch-quota.time',
      what: 'until all are created',
      unit: 's',
      goal: 46,
      limit: '45 s',
      why: 'ten tasks of the burst are kept in reserve, so that AWS throttles nothing, and 20 more are allowed at each tick, once a second: the last ones leave at the first tick 45.3 s after the first ones, 45.7 to 46.7 s after the command, depending on when in the second it comes',
    },
    { id: 'launch-quota.calls', what: 'RunTask calls', unit: 'calls', goal: 112, limit: '100' },
    { id: 'launch-quota.throttled', what: 'of these throttled', unit: 'calls', goal: 0 },
  ],
  async run(stage, { groups, nodeArgs }) {
    const told = await launchAll(stage, { groups: groups ?? 1000, quotas: true, nodeArgs });
    return {
      'launch-quota.time': told.seconds,
      'launch-quota.calls': told.calls,
      'launch-quota.throttled': told.throttled,
    };
  },
};

export const scale: Bench = {
  name: 'scale',
  what: 'CPU time of launching, AWS answers at once, quotas lifted',
  originalRounds: 0,
  rows: [
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
  ],
  async run(stage, { nodeArgs }) {
    const few = await launchAll(stage, { groups: 1000, quotas: false, nodeArgs, latencyMs: 0 });
    await stage.close();
    const many = await launchAll(stage, { groups: 10_000, quotas: false, nodeArgs, latencyMs: 0 });
    return {
      'scale.1000': few.cpu,
      'scale.10000': many.cpu / 10,
      'scale.ratio': many.cpu / 10 / few.cpu,
    };
  },
};
