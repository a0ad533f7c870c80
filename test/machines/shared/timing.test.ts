import { describe, expect, it } from 'vitest';
import * as timing from '../../../machines/shared/timing.ts';

describe('the times of the machines', () => {
  it('are whole milliseconds above zero, and each backoff grows', () => {
    for (const [name, value] of Object.entries(timing)) {
      const times = typeof value === 'number' ? [value] : Object.values(value);
      for (const ms of times) expect([name, Number.isInteger(ms) && ms > 0]).toEqual([name, true]);
      if (typeof value === 'object' && 'firstMs' in value)
        expect([name, value.firstMs < value.longestMs]).toEqual([name, true]);
    }
  });

  // The scheduler forgets a manager ten seconds after its last heartbeat, and checks once a second.
  it('let the scheduler forget us while we stay away', () => {
    expect(timing.forgetMs).toBeGreaterThan(11_000);
    expect(timing.longAbsenceMs).toBeGreaterThan(timing.forgetMs);
  });

  it('take a manager that returns to a restarted scheduler for back within three seconds', () => {
    expect(timing.reconnectBackoff.longestMs).toBeLessThanOrEqual(3000);
    expect(timing.absentHostBackoff.longestMs).toBeGreaterThan(timing.reconnectBackoff.longestMs);
  });

  it('let a connection be contested for longer than another manager of our kind pauses', () => {
    const { leastMs, moreMs } = timing.conflictPause;
    expect(timing.shortConnectionMs).toBeGreaterThan(leastMs + moreMs);
    expect(timing.longConnectionMs).toBeGreaterThan(timing.shortConnectionMs);
  });

  it('notice the end of a calm task within 20 s, and take no calm pause for a standstill', () => {
    expect(timing.pollWithinMs).toBe(20_000);
    expect(timing.calmPollEveryMs).toBeLessThan(timing.pollWithinMs);
    expect(timing.longestPollGapMs).toBeGreaterThan(timing.pollWithinMs);
  });

  it('report a slow stop before its group is written off', () => {
    expect(timing.stopRepeatMs).toBeLessThan(timing.slowStopMs);
    expect(timing.slowStopMs).toBeLessThan(timing.stopOverdueMs);
  });

  it('give the clients of a scheduler that has come back half a minute', () => {
    expect(timing.returnGraceMs).toBe(30_000);
  });
});
