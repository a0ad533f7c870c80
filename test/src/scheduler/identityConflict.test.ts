import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { contest } from '../../../src/scheduler/identityConflict.ts';
import { setTime } from '../../../src/shared/clock.ts';

let time: number;
beforeEach(() => {
  time = 1000;
  setTime(() => time);
});
afterEach(() => setTime(null));

/** One line after the other, each closed after so long. */
const lines = (rivalry: ReturnType<typeof contest>, kind: string, ...stood: number[]): boolean[] =>
  stood.map((ms) => {
    rivalry.opened();
    time += ms;
    return rivalry.closed(kind);
  });

describe('a rival under our identity', () => {
  it('shows itself by the third line in a row that is closed as soon as it stands, and is said once', () => {
    const rivalry = contest();
    expect(rivalry.pause()).toBe(0);
    expect(lines(rivalry, 'graceful', 400, 4999)).toEqual([false, false]);
    expect([rivalry.on(), rivalry.pause()]).toEqual([false, 0]);
    expect(lines(rivalry, 'graceful', 400, 400)).toEqual([true, false]);
    rivalry.opened();
    expect(rivalry.on()).toBe(true);
  });

  it('is none where the scheduler goes and comes, or is not there', () => {
    const rivalry = contest();
    expect(lines(rivalry, 'graceful', 5000, 20_000, 5000, 9000)).not.toContain(true);
    expect(lines(rivalry, 'refused', 0, 0, 0, 0)).not.toContain(true);
    expect(lines(rivalry, 'closed', 10, 10, 10, 10)).not.toContain(true);
    expect(rivalry.pause()).toBe(0);
  });

  it('is given the line for a while each time, so that both are not busy with that alone', () => {
    const rivalry = contest(() => 0.5);
    lines(rivalry, 'graceful', 1, 1, 1, 9000);
    expect(rivalry.pause()).toBe(10_000);
  });

  it('is believed to be gone when a line has stood for half a minute', () => {
    const rivalry = contest();
    lines(rivalry, 'graceful', 1, 1, 1);
    rivalry.opened();
    time += 29_999;
    expect(rivalry.on()).toBe(true);
    time += 1;
    expect(rivalry.on()).toBe(false);
    rivalry.closed('graceful');
    expect(rivalry.pause()).toBe(0);
    expect(lines(rivalry, 'graceful', 1, 1, 1)).toEqual([false, false, true]);
  });
});
