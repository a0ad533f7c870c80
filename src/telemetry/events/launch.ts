import { group, kind, launch, needsPerson, reason, state, task } from './common.ts';
import {
  choice,
  count,
  type EventDefinition,
  nullable,
  optional,
  quantity,
  records,
  text,
  texts,
} from './definition.ts';

const cause = choice(
  'what holds launches back: a kind of failure, or startFailed, network or exited for a task that ended too early',
  {
    ...kind.words,
    startFailed: 'tasks do not start',
    network: 'tasks get no network',
    exited: 'tasks end soon after their start',
  },
);
const subnet = optional(text('the only subnet that it concerns; absent: all'));
const market = optional(text('the only market that it concerns, onDemand or spot; absent: both'));

/** Launches, and what holds them back. */
export const launchEvents = {
  'launch.stateChanged': {
    level: 'debug',
    // Other states belong to every launch.
    except: [{ level: 'warn', field: 'state', when: { oneOf: ['outcomeUnknown'] } }],
    repeats: { same: ['launch'], endedBy: ['launch.completed'] },
    fields: {
      launch,
      state,
      groups: texts('groups that it launches'),
      trouble: optional(nullable(text('why the attempt before failed'))),
    },
    sentence: 'Launch {launch}: {state}[ ({trouble})].',
    explanation:
      'With `outcomeUnknown` AWS may have carried RunTask out: the same request is sent again until its outcome is known.',
  },
  'launch.completed': {
    level: 'debug',
    except: [{ level: 'info', field: 'tasks', when: { above: 0 } }],
    fields: {
      launch,
      tasks: count('Fargate tasks that were launched'),
      desired: optional(nullable(count('Fargate tasks that are desired'))),
      why: optional(text('what that number follows from')),
    },
    sentence: 'Launched {tasks task}[ ({desired} desired: {why})].',
  },
  'launch.refused': {
    level: 'warn',
    fields: { launch, kind, reason },
    repeats: { same: ['kind'], endedBy: ['breaker.closed'] },
    sentence: 'Launch {launch} failed ({kind}): {reason}.',
    explanation: 'Further launches are held back for a while: see breaker.opened.',
  },
  'launch.blocked': {
    level: 'info',
    fields: {
      missing: count('Fargate tasks that are desired and not launched'),
      blockers: records(
        'why nothing is launched',
        {
          kind: text('kind of the reason'),
          sentence: text('the reason'),
          since: nullable(text('since when, ISO 8601; null: not known')),
          clears: text('what clears it'),
          until: nullable(
            text(
              'until when, ISO 8601, of a breaker: when one task is tried, as of this report; null: not known, or nothing but that clears it',
            ),
          ),
          cause: optional(cause),
          market,
          subnet,
        },
        '{sentence} ([since {since}; ]cleared by {clears}[; until {until}])',
      ),
    },
    sentence: '{missing task} cannot be launched now: {blockers}.',
    explanation:
      'Each of `blockers` has `kind`, `sentence`, `since`, `clears` and `until`; one that is a breaker has its `cause`, and its `market` and `subnet` where it concerns only one.',
  },
  'launch.unblocked': {
    level: 'info',
    fields: { missing: count('Fargate tasks that are desired and not launched') },
    sentence: 'Nothing holds launches back any more[, {missing task} will be launched].',
  },
  'launch.moreTasksStarted': {
    level: 'warn',
    fields: { launch, surplus: count('Fargate tasks more than were asked for') },
    sentence: 'AWS started {surplus task} more than launch {launch} asked for.',
    explanation: 'The next inventory finds and adopts them.',
  },
  'launch.taskAlreadyOwned': {
    level: 'error',
    fields: {
      launch,
      group,
      task,
      owner: nullable(text('group that owns the task; null: the launch was over already')),
    },
    sentence:
      'AWS answered launch {launch} with task {task}, which belongs to another group[, {owner}].',
    explanation: 'The task is not given to a second group.',
  },
  'breaker.opened': {
    level: 'warn',
    except: [{ level: 'error', field: 'kind', when: { oneOf: needsPerson } }],
    repeats: { same: ['kind', 'subnet', 'market'], endedBy: ['breaker.closed'] },
    fields: {
      kind: cause,
      subnet,
      market,
      failures: count('failures in a row'),
      reason,
      seconds: quantity('s', 'until one single task is tried'),
    },
    sentence: 'No launches for {seconds} s ({kind}[, subnet {subnet}][, {market} only]): {reason}.',
    explanation:
      'AWS refused, or tasks do not start, or (`exited`) three in a row ended within two minutes of their start. Running tasks are kept, other subnets are used. Then one single task is tried, after longer and longer pauses, at most five minutes.',
    remedy:
      'Correct what the reason names: permissions, image, network, role, memory, subnet or quota. Launching resumes by itself.',
  },
  'breaker.probing': {
    level: 'debug',
    fields: { kind: cause, subnet, market, group: nullable(group) },
    sentence: 'Trying one single task ({kind}[, subnet {subnet}][, {market} only]): group {group}.',
    explanation: 'breaker.closed follows, or breaker.opened again.',
  },
  'breaker.closed': {
    level: 'info',
    fields: { kind: cause, subnet, market },
    sentence:
      'Launching works again (it was held back: {kind}[, subnet {subnet}][, {market} only]).',
  },
  'launches.switchedToOnDemand': {
    level: 'warn',
    except: [{ level: 'error', field: 'kind', when: { oneOf: needsPerson } }],
    repeats: { same: ['kind', 'subnet', 'market'], endedBy: ['breaker.closed'] },
    fields: {
      kind: cause,
      subnet,
      market,
      failures: count('failures in a row'),
      reason,
      seconds: quantity('s', 'until one single task on Spot is tried'),
    },
    sentence: 'No Spot capacity: launching on demand for {seconds} s ({kind}): {reason}.',
    explanation: 'Then one single task on Spot is tried.',
  },
  'launchTemplate.large': {
    level: 'warn',
    fields: { warning: text('what is close to which limit') },
    sentence: 'The RunTask request is close to a limit of AWS: {warning}.',
    remedy: 'Shorten ecs_python_requirements, or put the packages into the image.',
  },
} as const satisfies Record<string, EventDefinition>;
