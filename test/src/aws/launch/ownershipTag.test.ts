import { expect, it } from 'vitest';
import { fleetOwnershipTag, ownershipTag } from '../../../../src/aws/launch/ownershipTag.ts';

// Expected values computed with Python's hashlib and base64.b32encode.
it('an ownership tag is se- and 26 characters of the base32 SHA-256', () => {
  expect(ownershipTag('wm-ecs', 'tcp://203.0.113.7:8516')).toBe('se-pmftce3nlkksj6hlkni45jqoob');
  expect(fleetOwnershipTag('Büro 1')).toBe('se-m2nzbk2anfkfggsjbbtoxfgafg');
});

it('ownership tags have 29 characters and differ where id and address are only split differently', () => {
  expect(ownershipTag('a', 'b')).toMatch(/^se-[a-z2-7]{26}$/);
  expect(ownershipTag('ab', 'c')).not.toBe(ownershipTag('a', 'bc'));
  expect(ownershipTag('wm', 'tcp://1.2.3.4:1')).not.toBe(ownershipTag('wm', 'tcp://1.2.3.4:2'));
});
