import type { FaultRule } from '../../src/emulator/faults.ts';
import type { Random } from '../simulation/random.ts';

const rule = (operation: string, fault: FaultRule['do'], chance: number): FaultRule => ({
  operation,
  when: { chance },
  do: fault,
});

/** What AWS is like during one life. None of it lasts longer than the daemon waits before it believes a list. */
const weathers: Record<string, FaultRule[]> = {
  fair: [],
  slowAnswers: [rule('RunTask', { answerAfterMs: 1500 }, 0.6), rule('*', { delayMs: 300 }, 0.5)],
  lostAnswers: [rule('RunTask', 'error500After', 0.4), rule('StopTask', 'error500After', 0.3)],
  deadLines: [rule('*', 'resetAfter', 0.2), rule('RunTask', 'resetBefore', 0.3)],
  refusals: [rule('*', 'error500Before', 0.2)],
  throttles: [rule('*', 'throttle', 0.2), rule('RunTask', { throttleWrapped: 'Throttling' }, 0.2)],
  partial: [rule('RunTask', { partialFailures: { started: 1 } }, 0.6)],
  ghosts: [rule('RunTask', { ghostFailures: { started: 1 } }, 0.6)],
  stuck: [rule('RunTask', 'stuckProvisioning', 0.4)],
  unseen: [rule('RunTask', { missingMs: 800 }, 0.8)],
  slowStops: [rule('RunTask', { slowStop: 3000 }, 0.7)],
  silence: [rule('RunTask', 'hangAfter', 0.4), rule('StopTask', 'hang', 0.3)],
  brokenStarts: [
    rule('RunTask', { startFailure: 'Timeout waiting for network interface provisioning' }, 0.4),
  ],
};

export const weatherBy = (random: Random): { name: string; rules: FaultRule[] } => {
  const name = random.pick(Object.keys(weathers));
  return { name, rules: weathers[name] ?? [] };
};

/** Strikes at a running task. `vanish` leaves the daemon in doubt for a minute, so it belongs to the early lives. */
export const strikes: FaultRule['do'][] = [
  'exit',
  'oom',
  'maintenance',
  { spotReclaim: { noticeMs: 1000 } },
];
