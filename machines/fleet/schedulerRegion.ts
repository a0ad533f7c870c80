import { fleetChart } from './fleetActions.ts';

export const schedulerRegion = fleetChart.createStateConfig({
  description: 'Whether the scheduler answers.',
  initial: 'absent',
  states: {
    absent: {
      description:
        'No answer lately: nothing is launched, and what runs is kept, what was to leave included.',
      initial: 'neverAnswered',
      states: {
        neverAnswered: {
          description: 'It has never answered.',
          on: {
            'scheduler.heartbeatEcho': [
              {
                guard: 'hasGroups',
                target: '#fleetManager.scheduler.returning',
                actions: ['recordEcho', 'recordReturn'],
              },
              { target: '#fleetManager.scheduler.present', actions: 'recordEcho' },
            ],
          },
        },
        silent: {
          description: 'Connected, and its last answer is older than the limit.',
          on: {
            'scheduler.heartbeatEcho': [
              {
                guard: 'returnedLately',
                target: '#fleetManager.scheduler.returning',
                actions: 'recordEcho',
              },
              { target: '#fleetManager.scheduler.present', actions: 'recordEcho' },
            ],
          },
        },
        lost: {
          description: 'The connection is lost, or could not be made.',
          on: {
            'scheduler.heartbeatEcho': {
              target: '#fleetManager.scheduler.returning',
              actions: ['recordEcho', 'recordReturn'],
            },
          },
        },
      },
      on: {
        tick: { guard: 'schedulerGone', target: 'gone' },
        'scheduler.lost': '.lost',
      },
    },
    present: {
      description: 'It answers heartbeats.',
      on: {
        tick: [
          { guard: 'schedulerSilent', target: 'absent.silent', actions: 'keepDraining' },
          { guard: 'onlyEmptyRequests', actions: 'desireNothingWhenEmpty' },
        ],
        'scheduler.heartbeatEcho': { actions: 'recordEcho' },
        'scheduler.lost': { target: 'absent.lost', actions: 'keepDraining' },
        'fleet.tookOver': { target: 'returning', actions: 'recordReturn' },
      },
    },
    returning: {
      description:
        'It answers again after its connection was lost or could not be made, or after it was gone; or it answers for the first time and there are groups of an earlier run. It may know neither its clients nor its workers yet: groups are launched, but none is drained.',
      on: {
        tick: [
          { guard: 'schedulerSilent', target: 'absent.silent', actions: 'keepDraining' },
          { guard: 'returnedForLong', target: 'present' },
          { guard: 'onlyEmptyRequests', actions: 'desireNothingWhenEmpty' },
        ],
        'scheduler.heartbeatEcho': { actions: 'recordEcho' },
        'scheduler.lost': { target: 'absent.lost', actions: 'keepDraining' },
      },
    },
    gone: {
      description: 'It has not answered for so long that nothing is desired any more.',
      entry: 'desireNothingWhenGone',
      on: {
        tick: { guard: 'desiresTasks', actions: 'desireNothingWhenGone' },
        'scheduler.heartbeatEcho': {
          target: 'returning',
          actions: ['recordEcho', 'recordReturn', 'awaitNextCommand', 'keepDraining'],
        },
      },
    },
  },
});
