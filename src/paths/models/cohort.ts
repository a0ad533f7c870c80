import type { GroupRecord } from '../../../machines/cohort/groupRecords.ts';
import type { Model } from '../explore.ts';
import { admit, input, observed } from './cohortFixtures.ts';

export const allGroups = { pending: 9, idle: 9, busy: 9 };
export const adopt = {
  type: 'cohort.adopt',
  generation: 2,
  groups: [{ groupId: 'orphan-9', taskArn: 'arn:9', createdAt: null, deadlinesFrom: 0 }],
} as const;
export const denied = Object.assign(new Error('not authorized'), { kind: 'denied' });
export const launched = {
  label: 'e-1',
  groups: [{ groupId: 'e-1-0', taskArn: 'arn:0' }],
  refusals: [{ kind: 'refused', reason: 'full' }],
  market: 'spot',
};

/** What of a group counts as another state. Without its times and what ECS has shown last, which would multiply the edges. */
const groupKey = (record: GroupRecord) => [
  ...[record.taskArn, record.phase, record.drainRequested, record.evicted],
  record.stopUnlessBusyUntil !== null,
];

export const model: Model = {
  input,
  key: ({ value, context }) => [
    value,
    Object.entries<GroupRecord>(context.groups).map(([id, record]) => [id, groupKey(record)]),
    context.launches,
  ],
  events: ({ value, context }) => [
    ...('e-1' in context.launches || 'e-1-0' in context.groups ? [] : [admit]),
    ...('orphan-9' in context.groups ? [] : [adopt]),
    { type: 'cohort.drain', generation: 3, ...allGroups, at: 2000, until: 9000 },
    { type: 'cohort.cancelDrain', generation: 4, most: 1 },
    { type: 'cohort.rank', generation: 7 },
    { type: 'cohort.evict', generation: 6, at: 2000, until: 9000, groupIds: ['orphan-9'] },
    { type: 'cohort.loads', at: 2500, loads: { 9: { workers: 1, tasks: 2, canceling: 0 } } },
    { type: 'cohort.canceling', canceling: { 9: 1 } },
    { type: 'cohort.freshness', at: 2500, isCurrent: true },
    { type: 'cohort.poll', at: 3000, launching: true, ending: false, listedAt: null },
    { type: 'cohort.tick', at: 3000, launching: true },
    { type: 'launch.turn', label: 'e-1', at: 3000 },
    { type: 'launch.unanswered', label: 'e-1' },
    { type: 'cohort.launchesFound', found: { 'e-1': { taskArns: ['arn:0'], createdAt: {} } } },
    { type: 'cohort.listed', at: 3000, taskArns: ['arn:0'] },
    { type: 'cohort.launchTurnAnswered', label: 'e-1', allowed: false },
    ...('e-1' in context.launches
      ? [
          { type: 'xstate.done.actor.launch.e-1', actorId: 'launch.e-1', output: launched },
          {
            type: 'xstate.error.actor.launch.e-1',
            actorId: 'launch.e-1',
            error: new Error('a bug'),
          },
        ]
      : []),
    ...Object.entries(
      context.groups as Record<string, { taskArn: string | null; phase: string }>,
    ).flatMap(([groupId, { taskArn, phase }]) => [
      {
        type: `xstate.done.actor.group.${groupId}`,
        actorId: `group.${groupId}`,
        output: { groupId, taskArn, cause: 'exited', detail: 'exit 1', registered: false },
      },
      ...(taskArn !== null && phase === 'requested'
        ? [
            {
              type: 'group.changed',
              groupId,
              phase: 'provisioning',
              registered: false,
              drainRequested: false,
              stopAccepted: false,
              stopFailures: 0,
            },
          ]
        : []),
      { type: 'group.turn', groupId, at: 3000 },
      { type: 'group.stopAnswered', groupId, observation: null },
      {
        type: `xstate.error.actor.group.${groupId}`,
        actorId: `group.${groupId}`,
        error: new Error('a bug'),
      },
    ]),
    ...(value === 'describing'
      ? [
          { type: 'xstate.done.actor.describeTasks', output: [observed('arn:9', 'running')] },
          { type: 'xstate.error.actor.describeTasks', error: new Error('throttled') },
          { type: 'xstate.error.actor.describeTasks', error: denied },
        ]
      : []),
  ],
};

export const release = {
  type: 'cohort.release',
  generation: 5,
  at: 2200,
  taskIds: ['arn:9'],
} as const;
export const choosing: Model = {
  ...model,
  events: ({ context }) => [...('orphan-9' in context.groups ? [] : [adopt]), release],
};
