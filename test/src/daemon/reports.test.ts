import { expect, it } from 'vitest';
import type { Breaker } from '../../../machines/fleet/circuitBreaker.ts';
import type { Blocker } from '../../../machines/fleet/launchGate.ts';
import { createReports } from '../../../src/daemon/reports.ts';
import { now } from '../../../src/shared/clock.ts';
import type { Log } from '../../../src/telemetry/log.ts';

const listening = () => {
  const lines: [name: string, fields: object][] = [];
  const log: Log = { report: (name, fields) => void lines.push([name, fields]) };
  return { lines, report: createReports(log) };
};

const breaker = (more: Partial<Breaker> = {}): Breaker => ({
  cause: 'capacity',
  subnet: 'subnet-1',
  market: null,
  failures: 2,
  since: 0,
  trippedAt: 0,
  until: now() + 20_000,
  reason: 'no room',
  signal: 'launched',
  probe: null,
  ...more,
});

it('reports how a breaker opens, probes and closes', () => {
  const { lines, report } = listening();
  report.breakerChanged({ breaker: breaker(), state: 'open' });
  report.breakerChanged({ breaker: breaker({ probe: 'g-1' }), state: 'trying' });
  report.breakerChanged({ breaker: breaker(), state: 'closed' });
  expect(lines).toEqual([
    [
      'breaker.opened',
      { kind: 'capacity', subnet: 'subnet-1', failures: 2, reason: 'no room', seconds: 20 },
    ],
    ['breaker.probing', { kind: 'capacity', subnet: 'subnet-1', group: 'g-1' }],
    ['breaker.closed', { kind: 'capacity', subnet: 'subnet-1' }],
  ]);
});

it('reports a breaker on Spot as the change to on demand that it causes', () => {
  const { lines, report } = listening();
  report.breakerChanged({ breaker: breaker({ market: 'spot' }), state: 'open' });
  expect(lines).toMatchObject([['launches.switchedToOnDemand', { market: 'spot', seconds: 20 }]]);
});

it('has one event for what is denied and another for what fails', () => {
  const { lines, report } = listening();
  report.tasksNotDescribed({ kind: 'denied', reason: 'no' });
  report.tasksNotDescribed({ kind: 'unreachable', reason: 'no' });
  report.inventoryTaken({ trouble: 'no', blind: true });
  report.inventoryTaken({ trouble: 'no', blind: false });
  report.inventoryTaken({ adopted: 3, complete: true });
  report.compatibilityChanged({ reason: 'too old' });
  report.compatibilityChanged({ reason: null });
  expect(lines.map(([name]) => name)).toEqual([
    'describeTasks.denied',
    'describeTasks.failed',
    'inventory.denied',
    'inventory.failed',
    'inventory.completed',
    'workers.incompatible',
    'workers.compatible',
  ]);
});

it('names with a launch what it follows from, once that is known', () => {
  const { lines, report } = listening();
  report.launched('e-1', 2);
  report.demandChanged({ tasks: 3, why: '3 workers desired' });
  report.launched('e-2', 1);
  expect(lines).toEqual([
    ['launch.completed', { launch: 'e-1', tasks: 2 }],
    ['demand.changed', { tasks: 3, why: '3 workers desired' }],
    ['launch.completed', { launch: 'e-2', tasks: 1, desired: 3, why: '3 workers desired' }],
  ]);
});

it('reports a scheduler that never commands, with how long it has answered', () => {
  const { lines, report } = listening();
  report.neverCommanded({ seconds: 61 });
  expect(lines).toEqual([['scheduler.neverCommanded', { seconds: 61 }]]);
});

it('reports that the fleet is drained, and why', () => {
  const { lines, report } = listening();
  report.fleetDrained({ why: 'the scheduler is gone for good' });
  expect(lines).toEqual([['fleet.drained', { why: 'the scheduler is gone for good' }]]);
});

it('reports a slow stop with its task and since when', () => {
  const { lines, report } = listening();
  report.stopSlow({ groupId: 'g-1', taskArn: 'arn:1', since: 1_000_000 });
  expect(lines).toEqual([
    ['stopTask.slow', { group: 'g-1', task: 'arn:1', since: '1970-01-01T00:16:40.000Z' }],
  ]);
});

it('reports each reason why nothing is launched, with its times, and what a breaker is about', () => {
  const { lines, report } = listening();
  const { cause, market, subnet } = breaker();
  const since = 1_000_000;
  const blocker = { sentence: 'no room', clears: 'the time', since, until: since + 20_000 };
  const blockers: Blocker[] = [
    { ...blocker, kind: 'breaker', identity: 'a', breaker: { cause, market, subnet } },
    { ...blocker, kind: 'stopFails', identity: 'b', since: null, until: null },
  ];
  report.blockersChanged({ missing: 3, blockers });
  report.blockersChanged({ missing: 3, blockers: [] });
  const words = { sentence: 'no room', clears: 'the time' };
  const times = { since: '1970-01-01T00:16:40.000Z', until: '1970-01-01T00:17:00.000Z' };
  expect(lines).toEqual([
    [
      'launch.blocked',
      {
        missing: 3,
        blockers: [
          { ...words, ...times, kind: 'breaker', cause: 'capacity', subnet: 'subnet-1' },
          { ...words, kind: 'stopFails', since: null, until: null },
        ],
      },
    ],
    ['launch.unblocked', { missing: 3 }],
  ]);
});
