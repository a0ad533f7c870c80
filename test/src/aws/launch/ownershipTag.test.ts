import { expect, it } from 'vitest';
import { fleetMark, namedFleetMark } from '../../../../src/aws/launch/ownershipTag.ts';

// Reckoned with Python's hashlib and base64.b32encode.
it('is 26 letters of a hash that others can reckon', () => {
  expect(fleetMark('wm-ecs', 'tcp://203.0.113.7:8516')).toBe('se-pmftce3nlkksj6hlkni45jqoob');
  expect(namedFleetMark('Büro 1')).toBe('se-m2nzbk2anfkfggsjbbtoxfgafg');
});

it('fits into the shortest startedBy and tells fleets apart that differ only in where a name ends', () => {
  expect(fleetMark('a', 'b')).toMatch(/^se-[a-z2-7]{26}$/);
  expect(fleetMark('ab', 'c')).not.toBe(fleetMark('a', 'bc'));
  expect(fleetMark('wm', 'tcp://1.2.3.4:1')).not.toBe(fleetMark('wm', 'tcp://1.2.3.4:2'));
});
