import { expect, it, onTestFinished } from 'vitest';
import type { Breaker } from '../../../machines/fleet/circuitBreaker.ts';
import { createReports } from '../../../src/daemon/reports.ts';
import { now, setTime } from '../../../src/shared/clock.ts';
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

it('reports the same failure of StopTask once a minute, and another at once', () => {
  let time = 1_000_000;
  setTime(() => time);
  onTestFinished(() => setTime(null));
  const { lines, report } = listening();
  const fail = (group: string, reason: string) =>
    report.stopFailed(group, 'arn', { kind: 'denied', reason });
  fail('g-1', 'no');
  fail('g-2', 'no');
  fail('g-3', 'never');
  time += 60_000;
  fail('g-4', 'never');
  expect(lines.map(([, fields]) => (fields as { group: string }).group)).toEqual([
    'g-1',
    'g-3',
    'g-4',
  ]);
});

it('has one event for what is denied and another for what fails', () => {
  const { lines, report } = listening();
  report.tasksNotDescribed({ kind: 'denied', reason: 'no' });
  report.tasksNotDescribed({ kind: 'unreachable', reason: 'no' });
  report.inventoryTaken({ trouble: 'no', blind: true });
  report.inventoryTaken({ trouble: 'no', blind: false });
  report.inventoryTaken({ adopted: 3 });
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

it('reports a slow stop with its task and since when', () => {
  const { lines, report } = listening();
  report.stopSlow({ groupId: 'g-1', taskArn: 'arn:1', since: 1_000_000 });
  expect(lines).toEqual([
    ['stopTask.slow', { group: 'g-1', task: 'arn:1', since: '1970-01-01T00:16:40.000Z' }],
  ]);
});
