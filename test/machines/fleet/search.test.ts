import { expect, it } from 'vitest';
import { searchDue } from '../../../machines/fleet/search.ts';
import { newFleet } from '../../../machines/fleet/state.ts';
import { fleetInput, resent } from '../../support/liveManager.ts';

const fleet = newFleet({ ...fleetInput, resend: [resent], lastLaunchAt: 2000 });

it('a search is due once a list must show what the launch has started', () => {
  expect(searchDue(fleet, 11_999)).toBe(false);
  expect(searchDue(fleet, 12_000)).toBe(true);
});

it.each([
  ['no launch is open', { resend: [] }],
  ['a list was complete', { inventoryAt: 11_000 }],
  ['listing is denied for good', { listDenied: true }],
  ['the last one was a moment ago', { searchNotBefore: 12_001 }],
])('no search is due if %s', (_, given) => {
  expect(searchDue({ ...fleet, ...given }, 12_000)).toBe(false);
});
