import { fleetChart } from './fleetActions.ts';
import { inventoryRegion } from './inventoryRegion.ts';
import { schedulerRegion } from './schedulerRegion.ts';
import { newFleet } from './state.ts';

/** What the states share in which the fleet follows the scheduler. */
const whileFollowing = {
  'scheduler.desired': { actions: ['onDesired', 'requestReconcile'] },
  'scheduler.startRequested': { actions: ['onStartRequested', 'requestReconcile'] },
  'scheduler.shutdownRequested': { actions: ['onShutdownRequested', 'requestReconcile'] },
  'scheduler.requestsForgotten': { actions: ['onRequestsForgotten', 'requestReconcile'] },
  'monitor.work': { actions: ['onWork', 'requestReconcile'] },
  'monitor.closed': { actions: 'onWork' },
  'monitor.canceling': { actions: 'passOnCanceling' },
  'monitor.freshness': { actions: 'passOnFreshness' },
  'fleet.drainGroups': { actions: 'onDrainGroups' },
  'fleet.stop': 'stopping',
  'fleet.leave': 'leaving',
} as const;

const monitorConnects = {
  guard: 'monitorConnected',
  target: 'connected',
  actions: ['announceMonitor', 'passOnLoads'],
} as const;

export const fleetManager = fleetChart.createMachine({
  id: 'fleetManager',
  description:
    'Compares what the scheduler desires with what there is. It plans from what is desired and what there is, not from single commands, so a command that is repeated, an answer that is lost or a restart in the middle all end in the same place. A cohort that dies of a bug ends the manager, too: the next start finds all tasks again, and a manager without that cohort would not.',
  type: 'parallel',
  context: ({ input }) => newFleet(input),
  on: {
    'fleet.prepared': { actions: ['recordPreparation', 'requestReconcile'] },
    'fleet.retryNow': { actions: ['retryNow', 'advertiseCapacity', 'requestReconcile'] },
    'fleet.restoreNext': [
      { guard: 'hasQueued', actions: ['reportRecovered', 'restoreNextCohort'] },
      { actions: 'reportRecovered' },
    ],
    'fleet.nextLoads': { actions: 'passOnNextLoads' },
    'scheduler.mismatch': { actions: 'onMismatch' },
    'scheduler.connection': { actions: 'recordConnection' },
    'scheduler.identified': { actions: 'recordTerms' },
    'cohort.launchTurn': { actions: 'answerLaunchTurn' },
    'cohort.launchFailed': { actions: ['tripBreaker', 'advertiseCapacity'] },
    'cohort.recovered': { actions: 'closeBreaker' },
    'cohort.probeInconclusive': { actions: 'onProbeInconclusive' },
    'cohort.tasksChanged': { actions: 'onTasksChanged' },
    'cohort.billed': { actions: 'recordBill' },
    'task.dead': { actions: 'onTaskDead' },
  },
  states: {
    lifecycle: {
      description: 'What the manager is about.',
      initial: 'recovering',
      states: {
        recovering: {
          description:
            'Takes over what earlier runs left. Nothing is launched until all that they may have launched is known; known groups that are too many are drained.',
          entry: 'requestRestore',
          on: {
            ...whileFollowing,
            tick: {
              actions: ['advanceClock', 'refreshDesired', 'pollCohorts', 'requestReconcile'],
            },
            'cohort.changed': { actions: ['recordCohortReport', 'refreshDesired', 'reconcile'] },
            'fleet.reconcile': { actions: ['reconcile', 'reportBlockers'] },
            'inventory.completed': 'active',
            // Without the right to list, the journal is all there is: better than never to launch.
            'xstate.error.actor.inventory': { guard: 'deniedForGood', target: 'active' },
          },
        },
        active: {
          description: 'Launches what is missing and drains what is too much.',
          entry: 'requestReconcile',
          on: {
            ...whileFollowing,
            tick: {
              actions: [
                'advanceClock',
                'refreshDesired',
                'pollCohorts',
                'advertiseCapacity',
                'requestReconcile',
              ],
            },
            'cohort.changed': { actions: ['recordCohortReport', 'refreshDesired', 'reconcile'] },
            'fleet.nextTurn': { actions: ['resetTurnBudget', 'reconcile'] },
            'fleet.reconcile': { actions: ['reconcile', 'reportBlockers'] },
          },
        },
        leaving: {
          description:
            'The daemon ends and leaves its tasks to the next start: nothing is launched or drained any more.',
          on: { 'cohort.changed': { actions: 'recordCohortReport' } },
        },
        stopping: {
          description: 'Everything must go: each group at its next idle moment, and soon.',
          entry: ['drainAll', 'reportRemaining'],
          on: {
            tick: [
              { guard: 'empty', target: 'stopped' },
              { guard: 'emptyUnseen', target: 'stopped' },
              { guard: 'emptyDenied', target: 'stopped' },
              { actions: ['advanceClock', 'pollCohorts', 'drainRest', 'reportRemaining'] },
            ],
            'cohort.changed': { actions: ['recordCohortReport', 'drainRest', 'reportRemaining'] },
            'fleet.stopNow': { actions: 'drainAllNow' },
          },
        },
        stopped: {
          description: 'Nothing of ours is left, as far as is known; a late list may show more.',
          entry: ['reportRemaining', 'reportStopped'],
          on: { 'inventory.*': { actions: 'reportRemaining' } },
        },
      },
    },
    scheduler: schedulerRegion,
    demand: {
      description: 'How the scheduler says what it desires.',
      initial: 'awaited',
      on: {
        // What it has desired before is not current any more.
        'scheduler.heartbeatEcho': { guard: 'schedulerWasGone', target: '.awaited' },
        'scheduler.desired': { guard: 'namesWorkers', target: '.byCount' },
        'scheduler.startRequested': '.byStarts.open',
        'scheduler.requestsForgotten': '.byStarts.open',
        // Until every cohort has reported, the counts lack groups that were just launched or adopted.
        'scheduler.shutdownRequested': [
          { guard: 'allObserved', target: '.byStarts.open' },
          { target: '.byStarts.calledOff' },
        ],
      },
      states: {
        awaited: {
          description:
            'It has commanded nothing since it has answered, or is back after it was gone.',
          initial: 'unreported',
          states: {
            unreported: {
              description: 'That may be only a matter of time.',
              on: {
                tick: {
                  guard: 'neverCommands',
                  target: 'reported',
                  actions: 'reportNeverCommanded',
                },
              },
            },
            reported: { description: 'It took so long that an operator was told.' },
          },
        },
        byCount: { description: 'As a number of workers. A group that ends is replaced.' },
        byStarts: {
          description:
            'It asks for tasks one by one. A group that ends is not replaced: the scheduler would ask for the same one again.',
          initial: 'open',
          states: {
            open: { description: 'What is desired is current.' },
            calledOff: {
              description:
                'No start is open any more. Once every cohort has reported, no more is desired than there is.',
              on: { 'fleet.startsSettled': 'open' },
            },
          },
        },
      },
    },
    inventory: inventoryRegion,
    monitor: {
      description: "Whether the scheduler's monitor stream shows which groups serve.",
      initial: 'unknown',
      states: {
        unknown: {
          description: 'It has never shown anything.',
          on: { 'monitor.loads': [monitorConnects, { actions: 'passOnLoads' }] },
        },
        connected: {
          description: 'It shows the loads of our tasks.',
          on: {
            'monitor.loads': [
              { guard: 'monitorConnected', actions: 'passOnLoads' },
              { target: 'lost', actions: 'passOnLoads' },
            ],
          },
        },
        lost: {
          description: 'It did, and shows nothing any more.',
          on: { 'monitor.loads': [monitorConnects, { actions: 'passOnLoads' }] },
        },
      },
    },
    money: {
      description: 'Whether a limit of money is in the way of the next launch.',
      initial: 'within',
      states: {
        within: {
          description: 'One task more fits under every limit.',
          on: {
            tick: [
              { guard: 'moneyLimited', target: 'limited', actions: ['beginDay', 'onLimit'] },
              { actions: 'beginDay' },
            ],
          },
        },
        limited: {
          description: 'One task more would pass a limit, or would have until a moment ago.',
          on: {
            tick: [
              { guard: 'moneyClear', target: 'within', actions: ['beginDay', 'onLimitCleared'] },
              { actions: ['beginDay', 'watchLimit'] },
            ],
          },
        },
      },
    },
    hold: {
      description: 'Whether an operator holds launches.',
      initial: 'running',
      states: {
        running: {
          description: 'Launches are not held.',
          on: { 'fleet.hold': { target: 'held', actions: ['recordHold', 'requestReconcile'] } },
        },
        held: {
          description: 'An operator holds launches, with a reason.',
          on: {
            'fleet.hold': { actions: ['recordHold', 'requestReconcile'] },
            'fleet.resume': { target: 'running', actions: 'requestReconcile' },
          },
        },
      },
    },
  },
});
