import { group, kind, launch, needsPerson, reason, state, task } from './common.ts';
import {
  count,
  type EventDefinition,
  nullable,
  optional,
  quantity,
  text,
  texts,
} from './definition.ts';

const cause = text(
  'what holds launches back: a kind of failure, or startFailed, network or exited for a task that ended too early',
);
const subnet = optional(text('the only subnet that it concerns; absent: all'));
const market = optional(text('the only market that it concerns, onDemand or spot; absent: both'));

/** Launches, and what holds them back. */
export const launchEvents = {
  'launch.stateChanged': {
    level: 'info',
    // That it begins, with its groups, is worth a line; its groups show how it went.
    except: {
      level: 'debug',
      field: 'state',
      when: { oneOf: ['requesting', 'recording', 'done'] },
    },
    fields: {
      launch,
      state,
      groups: texts('groups that it launches'),
      trouble: optional(nullable(text('why the attempt before failed'))),
    },
    sentence: 'Launch {launch} is in state {state}[: {trouble}].',
  },
  'launch.refused': {
    level: 'warn',
    fields: { launch, kind, reason },
    sentence: 'Launch {launch} was refused ({kind}): {reason}.',
    explanation: 'Launches of its kind are held back for a while: see breaker.opened.',
  },
  'launch.blocked': {
    level: 'info',
    fields: {
      missing: count('Fargate tasks that are desired and not launched'),
      kinds: texts('kinds of the reasons'),
      reasons: texts('why nothing is launched, and what clears each reason'),
    },
    sentence: '{missing task} cannot be launched now: {reasons}.',
  },
  'launch.unblocked': {
    level: 'info',
    fields: { missing: count('Fargate tasks that are desired and not launched') },
    sentence: 'Nothing holds launches back any more; {missing task} will be launched.',
  },
  'launch.moreTasksStarted': {
    level: 'warn',
    fields: { launch, surplus: count('Fargate tasks more than were asked for') },
    sentence: 'RunTask has started {surplus task} more than launch {launch} asked for.',
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
      'RunTask answered launch {launch} with task {task}, which is not free[: {owner} owns it].',
    explanation: 'The task is not given to a second group.',
  },
  'breaker.opened': {
    level: 'warn',
    except: { level: 'error', field: 'kind', when: { oneOf: needsPerson } },
    fields: {
      kind: cause,
      subnet,
      market,
      failures: count('failures in a row'),
      reason,
      seconds: quantity('s', 'until one single task is tried'),
    },
    sentence:
      'Launches are held back for {seconds} s ({kind}[, subnet {subnet}][, market {market}]): {reason}.',
    explanation:
      'AWS has refused, or tasks do not come to serve, or (`exited`) three in a row ended within two minutes of that. What runs is kept, other subnets are used. After the seconds named (more each time, up to five minutes) one single task is tried.',
    remedy:
      'Mend what the reason names: rights, image, network, role, memory, subnet or quota. Launching goes on by itself.',
  },
  'breaker.probing': {
    level: 'info',
    fields: { kind: cause, subnet, market, group: nullable(group) },
    sentence:
      'Trying one single task ({kind}[, subnet {subnet}][, market {market}]): group {group}.',
    explanation: 'breaker.closed follows, or breaker.opened again.',
  },
  'breaker.closed': {
    level: 'info',
    fields: { kind: cause, subnet, market },
    sentence: 'Launches are allowed again ({kind}[, subnet {subnet}][, market {market}]).',
  },
  'launches.switchedToOnDemand': {
    level: 'warn',
    except: { level: 'error', field: 'kind', when: { oneOf: needsPerson } },
    fields: {
      kind: cause,
      subnet,
      market,
      failures: count('failures in a row'),
      reason,
      seconds: quantity('s', 'until one single task on Spot is tried'),
    },
    sentence: 'Launching on demand for {seconds} s, because Spot gives no task ({kind}): {reason}.',
    explanation: 'Then one single task on Spot is tried.',
  },
  'launchTemplate.large': {
    level: 'warn',
    fields: { warning: text('what is close to which limit') },
    sentence: 'The RunTask request is close to a limit of AWS: {warning}.',
    remedy: 'Shorten ecs_python_requirements, or put the packages into the image.',
  },
} as const satisfies Record<string, EventDefinition>;
