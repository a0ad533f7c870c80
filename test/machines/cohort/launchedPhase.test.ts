import { expect, it } from 'vitest';
import { phaseOnceLaunched } from '../../../machines/cohort/launchedPhase.ts';

it.each([
  ['requested', false, 'provisioning'],
  ['requested', true, 'requested'],
  ['running', false, 'running'],
  ['stopping', false, 'stopping'],
] as const)(
  'a group that is %s (to leave: %s) is %s once it has its ARN',
  (phase, drainRequested, then) => {
    expect(phaseOnceLaunched({ phase, drainRequested })).toBe(then);
  },
);
