import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CancelKeeper, cancelKeeper } from '../../../src/scheduler/cancellations.ts';
import type { TaskState } from '../../../src/scheduler/protocol/monitor.ts';
import { setTime } from '../../../src/shared/clock.ts';

let time: number;
let cancels: CancelKeeper;
beforeEach(() => {
  time = 1000;
  setTime(() => time);
  cancels = cancelKeeper();
});
afterEach(() => setTime(null));

const task = (taskId: string, state: TaskState | null, workerId = 'Worker|ECS-a|1|2') =>
  cancels.hear({ type: 'monitor.task', taskId, workerId, state });
const { signal } = new AbortController();
/** Whether a stop goes ahead, having been given the time to. */
const goes = (taskId: string) => {
  let gone = false;
  void cancels.over(taskId, signal).then(() => {
    gone = true;
  });
  return async () => {
    await new Promise((resolve) => setTimeout(resolve, 150));
    return gone;
  };
};

describe('a stop', () => {
  it('goes ahead at once where nothing is being cancelled', async () => {
    task('t', 'running');
    await cancels.over('a', signal);
  });

  it.each(['canceled', 'success', 'inactive', null] as const)(
    'waits until what is being cancelled there is %s',
    async (state) => {
      task('t', 'canceling');
      task('u', 'canceling');
      const gone = goes('a');
      expect(await gone()).toBe(false);
      task('t', state);
      expect(await gone()).toBe(false);
      task('u', state);
      expect(await gone()).toBe(true);
    },
  );

  it('of another does not wait', async () => {
    task('t', 'canceling');
    task('u', 'canceling', '');
    await cancels.over('b', signal);
  });

  it('waits half a minute at most, though it is asked for again meanwhile', async () => {
    task('t', 'canceling');
    const first = new AbortController();
    const given = cancels.over('a', first.signal).catch(() => 'given up');
    time += 20_000;
    first.abort();
    expect(await given).toBe('given up');
    const gone = goes('a');
    time += 9_999;
    expect(await gone()).toBe(false);
    time += 1;
    expect(await gone()).toBe(true);
  });

  it('waits for nothing when the monitor stream falls silent', async () => {
    task('t', 'canceling');
    cancels.clear();
    await cancels.over('a', signal);
  });
});
