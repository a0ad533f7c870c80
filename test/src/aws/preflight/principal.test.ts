import { expect, it } from 'vitest';
import { simulatedPrincipal } from '../../../../src/aws/preflight/principal.ts';

it.each([
  ['arn:aws:iam::1:user/a', 'arn:aws:iam::1:user/a'],
  ['arn:aws:iam::1:root', null],
  ['arn:aws:sts::12:assumed-role/Fleet/session', 'arn:aws:iam::12:role/Fleet'],
  ['arn:aws-us-gov:sts::12:assumed-role/Fleet/s', 'arn:aws-us-gov:iam::12:role/Fleet'],
])('the policies of %s are those of %s', (arn, principal) => {
  expect(simulatedPrincipal({ arn })).toBe(principal);
});
