import type { FaultRule } from '../../src/emulator/faults.ts';
import type { Random } from '../simulation/random.ts';

const rule = (operation: string, fault: FaultRule['do'], chance: number): FaultRule => ({
  operation,
  when: { chance },
  do: fault,
});

/** Fault rules for one run of the daemon. No delay is longer than the daemon waits before it trusts an inventory. */
const faultProfiles: Record<string, FaultRule[]> = {
  none: [],
  slowAnswers: [rule('RunTask', { answerAfterMs: 1500 }, 0.6), rule('*', { delayMs: 300 }, 0.5)],
  serverErrors: [rule('RunTask', 'error500After', 0.4), rule('StopTask', 'error500After', 0.3)],
  connectionResets: [rule('*', 'resetAfter', 0.2), rule('RunTask', 'resetBefore', 0.3)],
  refusedCalls: [rule('*', 'error500Before', 0.2)],
  throttles: [rule('*', 'throttle', 0.2), rule('RunTask', { throttleWrapped: 'Throttling' }, 0.2)],
  partialFailures: [rule('RunTask', { partialFailures: { started: 1 } }, 0.6)],
  falseFailures: [rule('RunTask', { ghostFailures: { started: 1 } }, 0.6)],
  stuck: [rule('RunTask', 'stuckProvisioning', 0.4)],
  notVisibleYet: [rule('RunTask', { missingMs: 800 }, 0.8)],
  slowStops: [rule('RunTask', { slowStop: 3000 }, 0.7)],
  noAnswer: [rule('RunTask', 'hangAfter', 0.4), rule('StopTask', 'hang', 0.3)],
  startFailures: [
    rule('RunTask', { startFailure: 'Timeout waiting for network interface provisioning' }, 0.4),
  ],
};

export function pickFaultProfile(random: Random): { name: string; rules: FaultRule[] } {
  const name = random.pick(Object.keys(faultProfiles));
  return { name, rules: faultProfiles[name] ?? [] };
}

/** Faults of running tasks. `vanish` is used only in early runs: the daemon needs a minute to conclude that the task is gone. */
export const taskFaults: FaultRule['do'][] = [
  'exit',
  'oom',
  'maintenance',
  { spotReclaim: { noticeMs: 1000 } },
];
