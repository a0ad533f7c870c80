import { expect, it } from 'vitest';
import { fleetOwnershipTag, ownershipTag } from '../../../../src/aws/launch/ownershipTag.ts';

// Reckoned with Python's hashlib and base64.b32encode.
it('is 26 letters of a hash that others can reckon', () => {
  expect(ownershipTag('wm-ecs', 'tcp://203.0.113.7:8516')).toBe('se-pmftce3nlkksj6hlkni45jqoob');
  expect(fleetOwnershipTag('Büro 1')).toBe('se-m2nzbk2anfkfggsjbbtoxfgafg');
});

it('fits into the shortest startedBy and tells fleets apart that differ only in where a name ends', () => {
  expect(ownershipTag('a', 'b')).toMatch(/^se-[a-z2-7]{26}$/);
  expect(ownershipTag('ab', 'c')).not.toBe(ownershipTag('a', 'bc'));
  expect(ownershipTag('wm', 'tcp://1.2.3.4:1')).not.toBe(ownershipTag('wm', 'tcp://1.2.3.4:2'));
});
