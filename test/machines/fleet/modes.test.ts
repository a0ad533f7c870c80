import { expect, it } from 'vitest';
import { fleetManager } from '../../../machines/fleet/fleetManager.ts';
import { modeNames, modesOf } from '../../../machines/fleet/modes.ts';

it('names every state of every region of the fleet manager', () => {
  const regions = Object.entries(fleetManager.states).map(([region, { states }]) => [
    region,
    Object.keys(states),
  ]);
  expect(Object.fromEntries(regions)).toEqual(modeNames);
});

it('finds the state of a region, whatever it holds inside', () => {
  const value = { lifecycle: 'active', scheduler: { absent: 'lost' }, inventory: 'idle' };
  const demand = { byStarts: 'open' };
  expect(modesOf({ ...value, demand, monitor: 'lost', hold: 'held', money: 'limited' })).toEqual({
    ...{ lifecycle: 'active', scheduler: 'absent', inventory: 'idle' },
    demand: 'byStarts',
    ...{ monitor: 'lost', hold: 'held', money: 'limited' },
  });
  expect(modesOf({ scheduler: { present: 'idle' }, monitor: null })).toMatchObject({
    ...{ scheduler: 'present', monitor: 'unknown' },
  });
});
