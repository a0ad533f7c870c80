import { getEventListeners } from 'node:events';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  type CallsUnderWay,
  type LongWait,
  limitCallsUnderWay,
  limitOf,
  minConnections,
} from '../../../src/aws/callsUnderWay.ts';
import { connections } from '../../../src/config/constraints.ts';
import { rejectionOf } from './awsServer.ts';
import { type VirtualClock, virtualClock } from './virtualClock.ts';

let clock: VirtualClock;
let calls: CallsUnderWay;
let waits: LongWait[];
const { signal } = new AbortController();

beforeEach(() => {
  clock = virtualClock();
  waits = [];
  calls = limitCallsUnderWay(clock, (wait) => waits.push(wait));
});

/** Enters so many calls, and lists those that were let in, in their order. */
const enter = (operation: string, count: number) => {
  const inside: { nth: number; leave(): void }[] = [];
  for (let nth = 1; nth <= count; nth++)
    void calls.enter(operation, signal).then((leave) => inside.push({ nth, leave }));
  return inside;
};
const numbers = (inside: { nth: number }[]) => inside.map(({ nth }) => nth);

describe('limitCallsUnderWay', () => {
  it('lets the next call in when one has ended, in order of arrival', async () => {
    const inside = enter('RunTask', 43);
    await clock.pass(1);
    expect(inside).toHaveLength(40);
    inside[7]?.leave();
    // Ending a call twice frees one place.
    inside[7]?.leave();
    await clock.pass(1);
    expect(numbers(inside).slice(40)).toEqual([41]);
    inside[0]?.leave();
    inside[1]?.leave();
    await clock.pass(1);
    expect(numbers(inside).slice(40)).toEqual([41, 42, 43]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('keeps the operations apart, and all others together', async () => {
    const inside = [
      'RunTask',
      'StopTask',
      'DescribeTasks',
      'ListTasks',
      'GetRole',
      'CreateRole',
    ].map((operation) => enter(operation, 60));
    await clock.pass(1);
    expect(inside.map(({ length }) => length)).toEqual([40, 40, 14, 2, 4, 0]);
  });

  it('forgets a waiting call whose signal is aborted', async () => {
    const inside = enter('ListTasks', 2);
    const controller = new AbortController();
    const aborted = rejectionOf(calls.enter('ListTasks', controller.signal));
    const later = enter('ListTasks', 1);
    await clock.pass(1);
    controller.abort(new Error('no longer desired'));
    expect(await aborted).toBe(controller.signal.reason);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    inside[0]?.leave();
    await clock.pass(1);
    expect(later).toHaveLength(1);
    inside[1]?.leave();
    later[0]?.leave();
    expect(clock.pending).toBe(0);
    expect(await rejectionOf(calls.enter('ListTasks', controller.signal))).toBe(
      controller.signal.reason,
    );
  });

  it('tells of calls that wait for 5 s, once a minute per operation', async () => {
    enter('ListTasks', 4);
    enter('GetRole', 5);
    await clock.pass(4_999);
    expect(waits).toEqual([]);
    await clock.pass(1);
    expect(waits).toEqual([
      { operation: 'ListTasks', underWay: 2, waiting: 2 },
      { operation: 'GetRole', underWay: 4, waiting: 1 },
    ]);
    enter('ListTasks', 1);
    await clock.pass(54_000);
    expect(waits).toHaveLength(2);
    enter('ListTasks', 1);
    await clock.pass(5_000);
    enter('ListTasks', 1);
    await clock.pass(5_000);
    expect(waits.slice(2)).toEqual([{ operation: 'ListTasks', underWay: 2, waiting: 5 }]);
  });
});

describe('the calls under way of all operations', () => {
  const limits = (all: number) =>
    ['RunTask', 'StopTask', 'DescribeTasks', 'ListTasks', 'GetRole'].map((operation) =>
      limitOf(operation, all),
    );

  it('are never more than the connections, and one of each operation is always allowed', () => {
    for (let all = minConnections; all <= 1000; all++) {
      const allowed = limits(all);
      expect(allowed.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(all);
      expect(Math.min(...allowed)).toBeGreaterThanOrEqual(1);
    }
  });

  it('need as many connections as the settings demand', () => {
    expect(() => connections.fromText(`${minConnections}`)).not.toThrow();
    expect(() => connections.fromText(`${minConnections - 1}`)).toThrow();
  });

  it.each([
    [5, [1, 1, 1, 1, 1]],
    [50, [19, 19, 7, 1, 2]],
    [100, [40, 40, 14, 2, 4]],
    [250, [101, 101, 34, 3, 8]],
  ])('share %i connections', (all, expected) => {
    expect(limits(all)).toEqual(expected);
  });
});
