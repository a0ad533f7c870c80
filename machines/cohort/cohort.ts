import type { ErrorActorEvent } from 'xstate';
import { noCounts } from '../fleet/plan.ts';
import { noBill } from '../shared/bill.ts';
import { type FailureNote, noteOf } from '../shared/failure.ts';
import { reportBill } from './billingReport.ts';
import * as changes from './changes.ts';
import { cohortSetup, type Event, report, reportTasks } from './cohortSetup.ts';
import * as commands from './commands.ts';
import * as turns from './turns.ts';

const crash = ({ event }: { event: Event }) => {
  const { actorId, error } = event as ErrorActorEvent;
  return { actorId, error };
};

const failure = ({ event }: { event: { error: unknown } }): FailureNote => noteOf(event.error);
const reason = ({ event }: { event: { error: unknown } }) => {
  const { kind, reason } = noteOf(event.error);
  return { kind, reason };
};

export const cohort = cohortSetup
  .extend({
    actions: { report, reportBill, reportTasks, ...commands, ...changes, ...turns },
  })
  .createMachine({
    id: 'cohort',
    description:
      'Up to a hundred groups and the launches they wait for: one page of DescribeTasks. It keeps a record of each group, sends each group only what changed, and reports counts to the fleet manager.',
    context: ({ input }) => ({
      ...input,
      groups: {},
      launches: {},
      observedGeneration: 0,
      lastReport: { generation: 0, counts: noCounts, launches: 0 },
      lastPolledAt: 0,
      wokeAt: null,
      ending: false,
      ...{ describedAt: null, listedAt: null },
      ...{ endedUsd: 0, isLowerBound: false, endedGapUsd: 0 },
      lastBill: noBill,
    }),
    initial: 'idle',
    on: {
      'cohort.admit': { actions: ['admit', 'reportBill', 'report'] },
      'cohort.adopt': { actions: ['adopt', 'reportBill', 'reportTasks', 'report'] },
      'cohort.drain': { actions: ['drain', 'withdrawLaunches', 'report'] },
      'cohort.evict': { actions: ['evict', 'withdrawLaunches', 'report'] },
      'cohort.release': { actions: ['release', 'report'] },
      'cohort.cancelDrain': { actions: ['cancelDrain', 'report'] },
      'cohort.rank': { actions: ['rank', 'report'] },
      'cohort.launchesFound': { actions: 'passOnFound' },
      'cohort.listed': { actions: 'onListed' },
      'cohort.launchTurnAnswered': { actions: 'passOnLaunchAnswer' },
      'launch.turn': { actions: 'passOnLaunchTurn' },
      'launch.unanswered': { actions: ['onLaunchUnanswered', 'report'] },
      'group.turn': { actions: ['onStopTurn', 'report'] },
      'group.stopAnswered': { actions: ['onStopAnswered', 'reportBill'] },
      'cohort.tick': { actions: 'tickLaunches' },
      'cohort.freshness': { actions: 'recordFreshness' },
      'cohort.canceling': { actions: 'onCanceling' },
      'cohort.loads': { actions: ['onLoads', 'report'] },
      'group.changed': { guard: 'changesRecord', actions: ['onGroupChanged', 'report'] },
      'xstate.done.actor.launch.*': {
        actions: ['onLaunchDone', 'reportBill', 'reportTasks', 'report'],
      },
      'xstate.error.actor.launch.*': {
        actions: [{ type: 'noteCrash', params: crash }, 'onLaunchDone', 'reportBill', 'report'],
      },
      'xstate.done.actor.group.*': {
        actions: ['onGroupDone', 'reportBill', 'reportTasks', 'report'],
      },
      'xstate.error.actor.group.*': {
        actions: [{ type: 'noteCrash', params: crash }, 'restartGroup'],
      },
    },
    states: {
      idle: {
        description: 'Waits for its turn to ask ECS.',
        on: {
          'cohort.poll': [
            {
              guard: 'hasTasks',
              target: 'describing',
              actions: ['recordPollTime', 'withdrawLaunches', 'enforceDeadlines', 'report'],
            },
            { actions: ['recordPollTime', 'withdrawLaunches', 'enforceDeadlines', 'report'] },
          ],
        },
      },
      describing: {
        description: 'DescribeTasks is on its way. Deadlines are enforced while it is pending.',
        on: { 'cohort.poll': { actions: ['withdrawLaunches', 'enforceDeadlines', 'report'] } },
        invoke: {
          id: 'describeTasks',
          src: 'describeTasks',
          input: ({ context }) => ({
            taskArns: Object.values(context.groups).flatMap(({ taskArn }) => taskArn ?? []),
          }),
          onDone: { target: 'idle', actions: ['onDescribed', 'reportBill', 'report'] },
          onError: [
            {
              guard: { type: 'denied', params: failure },
              target: 'idle',
              actions: [
                { type: 'noteDescribeFailed', params: reason },
                'onDescribeDenied',
                'report',
              ],
            },
            { target: 'idle', actions: { type: 'noteDescribeFailed', params: reason } },
          ],
        },
      },
    },
  });
