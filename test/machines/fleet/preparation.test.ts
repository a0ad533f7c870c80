import { expect, it } from 'vitest';
import { afterPreparation } from '../../../machines/fleet/preparation.ts';
import { newFleet } from '../../../machines/fleet/state.ts';
import { fleetInput, fleetSettings } from '../../support/liveManager.ts';

const fleet = {
  ...newFleet({ ...fleetInput, settings: { ...fleetSettings, settleMs: 10_000 } }),
  ...{ now: 50_000, lastLaunchAt: 48_000 },
};

it('a list may be taken at once in a cluster that was just created', () => {
  const after = afterPreparation(fleet, { clusterCreated: true });
  expect(after).toEqual({ ...fleet, lastLaunchAt: 40_000 });
});

it('a launch that was long ago in a cluster that was just created keeps its time', () => {
  const earlier = { ...fleet, lastLaunchAt: 39_000 };
  expect(afterPreparation(earlier, { clusterCreated: true })).toEqual(earlier);
});

it('a list in a cluster that was there before waits until it surely shows the last launch', () => {
  expect(afterPreparation(fleet, { clusterCreated: false })).toBe(fleet);
  expect(afterPreparation(fleet, {})).toBe(fleet);
});

it('the time of the last launch stays once there was a list', () => {
  const listed = { ...fleet, inventoryAt: 45_000 };
  expect(afterPreparation(listed, { clusterCreated: true })).toBe(listed);
});
