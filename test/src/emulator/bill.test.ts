import type { Task } from '@aws-sdk/client-ecs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { billedAs, billedGroups, usdOf } from '../../../machines/cohort/billing.ts';
import type { GroupRecord } from '../../../machines/cohort/groupRecords.ts';
import { costAt, billOf as sumsOf } from '../../../machines/shared/bill.ts';
import { hourlyCost } from '../../../src/aws/pricing/cost.ts';
import { commonPrices, regionPrices } from '../../../src/aws/pricing/priceTable.ts';
import { observationOf } from '../../../src/aws/tasks/taskObservation.ts';
import { billOf } from '../../../src/emulator/bill.ts';
import { createCluster } from '../../../src/emulator/clusters.ts';
import type { Members } from '../../../src/emulator/members.ts';
import { type Account, regionOf } from '../../../src/emulator/model.ts';
import { defaultOptions } from '../../../src/emulator/options.ts';
import { runTask } from '../../../src/emulator/runTask.ts';
import { registerTaskDefinition } from '../../../src/emulator/taskDefinitions.ts';
import { describeTasks, stopTask } from '../../../src/emulator/tasks.ts';
import { setTime } from '../../../src/shared/clock.ts';
import { rowOf } from '../../support/rows.ts';
import { definition, network } from './testEmulator.ts';

const pollMs = 3000;
const begin = Date.UTC(2026, 10, 26);

/** One launch: when, how many, where, and after how long each task is stopped; all in seconds. */
const launches = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: 3600 }),
    count: fc.integer({ min: 1, max: 10 }),
    spot: fc.boolean(),
    livesS: fc.integer({ min: 1, max: 5400 }),
  }),
  { minLength: 1, maxLength: 12 },
);

/** An account in virtual time: `runUntil` lets what is due happen. */
function virtualAccount() {
  let time = begin;
  let due: { at: number; run: () => void }[] = [];
  setTime(() => time);
  const account = {
    options: { ...defaultOptions, hollow: true, startDelayMs: 20_000, stopDelayMs: 4000 },
    setup: { policies: null },
    timers: { after: (ms: number, run: () => void) => due.push({ at: time + ms, run }) },
    regions: new Map(),
    allTasks: [],
    byRuntimeId: new Map(),
  } as unknown as Account;
  const runUntil = (end: number): void => {
    for (;;) {
      const next = due.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      due = due.filter((each) => each !== next);
      time = Math.max(time, next.at);
      next.run();
    }
    time = end;
  };
  return { account, runUntil };
}

const prices = (() => {
  const task = { region: 'us-east-1', architecture: 'X86_64', cpu: 1, memoryGb: 2 } as const;
  const usd = (spot: boolean) => hourlyCost({ ...task, spot, publicIp: false })?.total ?? 0;
  return { onDemand: usd(false), spot: usd(true), minimumMs: 60_000 };
})();

/** The emulator's amounts at the published prices. */
function usdOfBill(account: Account, at: number): number {
  const { x86 } = regionPrices['us-east-1'] ?? {};
  return billOf(account.allTasks, at).reduce((usd, { usage, amount }) => {
    const factor = usage.startsWith('Spot') ? commonPrices.spotFactor : 1;
    const rate = usage.includes('vCPU') ? x86?.vcpuHour : x86?.gbHour;
    return usd + amount * (rate ?? 0) * factor;
  }, 0);
}

/** As the SDK reads a described task. */
const parsed = (task: Members): Task =>
  ({
    ...task,
    createdAt: new Date((task.createdAt as number) * 1000),
    stoppedAt: task.stoppedAt && new Date((task.stoppedAt as number) * 1000),
    startedAt: undefined,
  }) as unknown as Task;

it('is what the manager counts from what DescribeTasks shows, within one per cent at any time', () => {
  fc.assert(
    fc.property(launches, (drawn) => {
      const { account, runUntil } = virtualAccount();
      const region = regionOf(account, 'us-east-1');
      createCluster(region, {
        clusterName: 'fleet',
        capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
      });
      registerTaskDefinition(region, definition as unknown as Members);
      const groups: Record<string, GroupRecord> = {};
      const stops: { at: number; taskArn: string }[] = [];
      let endedUsd = 0;
      const launch = ({ count, spot, livesS }: (typeof drawn)[number], at: number): void => {
        const { tasks } = runTask(
          account,
          region,
          {
            ...{ cluster: 'fleet', taskDefinition: 'scaler', count, networkConfiguration: network },
            capacityProviderStrategy: [
              { capacityProvider: spot ? 'FARGATE_SPOT' : 'FARGATE', weight: 1 },
            ],
          },
          { refusals: [], taskPlans: [], unreportedTasks: new Set(), replayed: false } as never,
        ) as { tasks: { taskArn: string }[] };
        for (const { taskArn } of tasks) {
          // Its market is not known before it is described.
          groups[taskArn] = rowOf({ taskArn, deadlinesFrom: at });
          stops.push({ at: at + livesS * 1000, taskArn });
        }
      };
      const poll = (at: number): void => {
        const tasks = Object.keys(groups);
        for (let i = 0; i < tasks.length; i += 100) {
          const page = describeTasks(region, { cluster: 'fleet', tasks: tasks.slice(i, i + 100) });
          for (const task of page.tasks as Members[]) {
            const observation = observationOf(parsed(task));
            const record = observation && groups[observation.taskArn];
            if (!observation || !record) continue;
            const seen = { ...record, ...billedAs(record, observation) };
            groups[observation.taskArn] = seen;
            if (observation.phase !== 'stopped') continue;
            endedUsd += usdOf(seen, prices, at) ?? 0;
            delete groups[observation.taskArn];
          }
        }
      };
      const waiting = [...drawn];
      for (let at = begin; at <= begin + 2 * 3_600_000; at += pollMs) {
        runUntil(at);
        for (const each of waiting.filter((one) => begin + one.at * 1000 <= at)) {
          waiting.splice(waiting.indexOf(each), 1);
          launch(each, at);
        }
        for (const { taskArn } of stops.filter((stop) => stop.at <= at && stop.at > at - pollMs))
          stopTask(account, region, { cluster: 'fleet', task: taskArn });
        poll(at);
        if (at % (20 * pollMs) !== 0) continue;
        const counted = costAt(sumsOf(billedGroups(groups), endedUsd, prices, at), prices, at);
        const billed = usdOfBill(account, at);
        expect(Math.abs(counted - billed)).toBeLessThanOrEqual(billed * 0.01 + 1e-9);
      }
      setTime(null);
    }),
    { numRuns: 5 },
  );
  setTime(null);
}, 60_000);

it('has a line for each kind of use, storage above what is free and ARM among them', () => {
  const { account, runUntil } = virtualAccount();
  const region = regionOf(account, 'us-east-1');
  createCluster(region, { clusterName: 'fleet' });
  registerTaskDefinition(region, {
    ...(definition as unknown as Members),
    runtimePlatform: { cpuArchitecture: 'ARM64' },
    ephemeralStorage: { sizeInGiB: 50 },
  });
  const request = { cluster: 'fleet', taskDefinition: 'scaler', networkConfiguration: network };
  const faults = { refusals: [], taskPlans: [], unreportedTasks: new Set(), replayed: false };
  runTask(account, region, { ...request, launchType: 'FARGATE' }, faults as never);
  runUntil(begin + 30_000);
  setTime(null);
  const usages = billOf(account.allTasks, begin + 30_000);
  expect(usages.map(({ usage, amount }) => [usage, amount * 60])).toEqual([
    ['Fargate-ARM-vCPU-Hours:perCPU', 1],
    ['Fargate-ARM-GB-Hours', 2],
    ['Fargate-EphemeralStorage-GB-Hours', 30],
  ]);
});
