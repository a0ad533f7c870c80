import { expect, it } from 'vitest';
import {
  idleWaitSeconds,
  shortStopTimeout,
  stopTimeoutCheck,
} from '../../../src/daemon/stopTime.ts';

const settings = {
  drainTimeoutSeconds: 300,
  stopTimeoutSeconds: 60,
  sigtermPolicy: 'stop' as const,
};

it('lets tasks at work wait for half of a stop, at most drain_timeout', () => {
  expect(idleWaitSeconds(settings)).toBe(30);
  expect(idleWaitSeconds({ ...settings, drainTimeoutSeconds: 5 })).toBe(5);
});

it('finds a stop_timeout too short when AWS takes longer to accept StopTask for all tasks, and says what suffices', () => {
  expect(shortStopTimeout(settings, 1300)).toBeNull();
  expect(shortStopTimeout(settings, 1301)).toEqual({ tasks: 1301, timeout: 60, needed: 62 });
  const large = shortStopTimeout(settings, 10_000);
  expect(large).toEqual({ tasks: 10_000, timeout: 60, needed: 496 });
  expect(shortStopTimeout({ ...settings, stopTimeoutSeconds: 496 }, 10_000)).toBeNull();
  expect(shortStopTimeout({ ...settings, stopTimeoutSeconds: 494 }, 10_000)).not.toBeNull();
  const impatient = { ...settings, drainTimeoutSeconds: 10 };
  expect(shortStopTimeout(impatient, 10_000)?.needed).toBe(258);
  expect(shortStopTimeout({ ...impatient, stopTimeoutSeconds: 258 }, 10_000)).toBeNull();
});

it('finds once that a fleet has grown beyond what stop_timeout suffices for', () => {
  const check = stopTimeoutCheck(settings);
  expect([0, 1300, 1301, 1302, 0, 10_000].map(check)).toEqual([
    ...[null, null, { tasks: 1301, timeout: 60, needed: 62 }],
    ...[null, null, null],
  ]);
});

it('finds no stop_timeout too short where the tasks are left running', () => {
  expect(shortStopTimeout({ ...settings, sigtermPolicy: 'leave' }, 10_000)).toBeNull();
});
