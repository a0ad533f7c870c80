import type { GroupStatus } from '../../machines/cohort/groupStatus.ts';
import type { EndedSummary, Life, LifeStep } from './api.ts';
import { diagnose } from './diagnosis.ts';

/** Moments of a group's life that this run has seen or the journal holds; null: neither. */
export interface Moments {
  /** The launch was decided on. */
  requestedAt: number | null;
  /** RunTask has answered. */
  launchedAt: number | null;
  /** Adopted by a later run. */
  adoptedAt: number | null;
  drainAt: number | null;
  /** Why, in words. */
  drainWhy: string | null;
  stopAt: number | null;
  /** A person has ordered the drain. */
  wasEvicted: boolean;
}

export const noMoments: Moments = {
  ...{ requestedAt: null, launchedAt: null, adoptedAt: null },
  ...{ drainAt: null, drainWhy: null, stopAt: null, wasEvicted: false },
};

interface Times {
  createdAt: number | null;
  runningAt: number | null;
  registeredAt: number | null;
}

const step = (at: number | null, what: string): LifeStep[] => (at === null ? [] : [{ at, what }]);

function stepsOf(moments: Moments, times: Times): LifeStep[] {
  const { requestedAt, launchedAt, adoptedAt, drainAt, drainWhy, stopAt } = moments;
  const why = drainWhy === null ? '' : `: ${drainWhy}`;
  return [
    ...step(requestedAt, 'requested: RunTask is sent'),
    ...step(times.createdAt ?? launchedAt, 'launched: ECS created the Fargate task'),
    ...step(adoptedAt, 'taken over by a later start of the daemon'),
    ...step(times.runningAt, 'running: its containers run'),
    ...step(times.registeredAt, 'registered: its workers are known to the scheduler'),
    ...step(drainAt, `draining${why}`),
    ...step(stopAt, 'stopping: StopTask is requested'),
  ];
}

/**
 * The first steps in their order, the others by time; those of one moment stay in their order. A task is created by the
 * clock of AWS and registers by ours: by time alone it could register before it is launched.
 */
function inOrder(steps: LifeStep[]): LifeStep[] {
  const isFirst = ({ what }: LifeStep): boolean => /^(?:requested|launched):/.test(what);
  const later = steps.filter((one) => !isFirst(one));
  return [...steps.filter(isFirst), ...later.toSorted((a, b) => (a.at ?? 0) - (b.at ?? 0))];
}

/** Whether we have found the words for an end; all others are those of AWS. */
function areOurs(words: string | null): boolean {
  return (
    words !== null &&
    /^(?:no worker at the scheduler|not running \d+ s|ECS does not know|its workers (?:are|have)|StopTask was accepted|no longer (?:wanted|desired)|RunTask answered)/.test(
      words,
    )
  );
}

/** What happened to a group that has ended. */
export function endedLife(ended: EndedSummary, moments: Moments = noMoments): Life {
  const { groupId, taskArn, cause, detail, endedAt, registeredAt } = ended;
  const { wasEvicted } = moments;
  const end = { taskArn, cause, words: detail, hasServed: registeredAt !== null, wasEvicted };
  const { diagnosis, remedy } = diagnose(end);
  const last = taskArn === null ? 'ended: no task was launched for it' : 'ended';
  return {
    ...{ groupId, taskArn, isAlive: false, category: null },
    steps: [...inOrder(stepsOf(moments, ended)), { at: endedAt, what: last }],
    ...{ cause, words: detail, wordsAreOurs: areOurs(detail), diagnosis, remedy },
    usd: ended.usd,
  };
}

const troubleRemedies: readonly [pattern: RegExp, remedy: string][] = [
  [
    /told to stop/,
    'Look at the task in ECS. Once its container has ended, or after ten minutes, it no longer counts under max_task_concurrency.',
  ],
  [/being cancelled/, 'Nothing: it is stopped within 30 s.'],
  [
    /workers/,
    'Wait: workers start one after the other. If it stays, read the log of the container; a worker may have died.',
  ],
  [
    /ECS does not know/,
    'Wait a minute: ECS is eventually consistent. It is replaced if it stays so.',
  ],
];

/** What happened to a living group so far. */
export function livingLife(group: GroupStatus, times: Times, moments: Moments = noMoments): Life {
  const { groupId, taskArn, category, trouble, servingSince, stopRequestedAt } = group;
  const known = {
    createdAt: group.createdAt ?? times.createdAt,
    runningAt: times.runningAt ?? group.runningAt,
    registeredAt: times.registeredAt ?? servingSince,
  };
  const seen = { ...moments, stopAt: moments.stopAt ?? stopRequestedAt };
  const remedy = troubleRemedies.find(([pattern]) => trouble !== null && pattern.test(trouble));
  return {
    ...{ groupId, taskArn, isAlive: true, category },
    steps: inOrder(stepsOf(seen, known)),
    ...{ cause: null, words: null, wordsAreOurs: false },
    diagnosis: trouble,
    remedy: remedy?.[1] ?? null,
    usd: group.usd,
  };
}
