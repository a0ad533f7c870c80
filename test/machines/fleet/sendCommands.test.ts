import { expect, it } from 'vitest';
import { drainUntil } from '../../../machines/fleet/sendCommands.ts';
import { newFleet } from '../../../machines/fleet/state.ts';
import { never } from '../../../machines/shared/timing.ts';
import { fleetInput, fleetSettings } from '../../support/liveManager.ts';

it('a drain waits for an idle moment as long as the settings say, for ever where no other group needs the slot', () => {
  const until = (drainTimeoutMs: number | null, aboveSince: number | null) =>
    drainUntil({
      ...newFleet({ ...fleetInput, settings: { ...fleetSettings, drainTimeoutMs } }),
      ...{ now: 50_000, aboveSince },
    });
  expect(until(60_000, null)).toBe(110_000);
  expect(until(null, null)).toBe(never);
  expect(until(null, 45_000)).toBe(never);
  // Above the limit for long enough that it is no mistake.
  expect(until(null, 40_000)).toBe(350_000);
});
