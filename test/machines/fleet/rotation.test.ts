import { describe, expect, it } from 'vitest';
import { workersWithoutReplacement } from '../../../machines/fleet/rotation.ts';
import { fleetSettings, readyManager } from '../../support/liveManager.ts';

const timeouts = { ...fleetSettings.timeouts, maxLifetimeMs: 3_600_000 };

describe('a command for as many workers as are connected, while an old group is replaced', () => {
  /** Three groups of two workers; one is too old, and its replacement boots, then serves. */
  const replacing = async (given: object = { timeouts }) => {
    const all = await readyManager({}, { workersPerTask: 2, ...given });
    all.command(6);
    all.report({ busy: 3 });
    all.report({ busy: 3, degradedMissing: 2 });
    all.command(6);
    expect(all.fleet().desired).toBe(4);
    all.orders();
    all.report({ busy: 4, degradedMissing: 2 });
    return all;
  };
  const kinds = ({ orders }: Awaited<ReturnType<typeof replacing>>) =>
    orders().map(({ type }) => type);

  it('desires no more than before: the old one leaves at its idle moment, and no other is launched', async () => {
    const all = await replacing();
    all.command(8);
    expect([all.fleet().desiredWorkers, all.fleet().desired]).toEqual([6, 4]);
    expect(kinds(all)).toEqual([]);
    all.report({ busy: 3, idle: 1, degradedMissing: 2, degradedIdleWorkers: 2 });
    expect(all.orders()).toMatchObject([{ type: 'cohort.drain', degraded: 1 }]);
    // Its workers are connected still.
    all.report({ busy: 3, stopping: 1 });
    all.command(8);
    all.command(8);
    expect([all.fleet().desiredWorkers, all.fleet().desired]).toEqual([6, 3]);
    all.report({ busy: 3 });
    all.command(6);
    expect([all.fleet().desiredWorkers, all.fleet().replacedFrom]).toEqual([6, null]);
    expect(kinds(all)).toEqual([]);
  });

  it('is what is desired if it asks for more or for fewer than are connected', async () => {
    for (const workers of [9, 7, 5]) {
      const all = await replacing();
      all.command(workers);
      expect([all.fleet().desiredWorkers, all.fleet().replacedFrom]).toEqual([workers, null]);
    }
  });

  it('is what is desired where no group is ever too old, or the policy is another one', async () => {
    const without = await replacing({});
    without.command(8);
    expect(without.fleet().desiredWorkers).toBe(8);
    const { fleet } = await replacing();
    const plain = { workers: 8, isPlain: true };
    expect(workersWithoutReplacement(fleet(), plain)).toBe(6);
    expect(workersWithoutReplacement(fleet(), { ...plain, isPlain: false })).toBe(null);
    const policy = { mismatches: 3, isOther: true };
    expect(workersWithoutReplacement({ ...fleet(), policy }, plain)).toBe(null);
  });
});
