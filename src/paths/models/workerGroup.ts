import type { Model } from '../explore.ts';

export const model: Model = {
  input: { groupId: 'g1' },
  key: ({ value, context: { drainRequested, whenIdle, registered, stopAccepted } }) => [
    ...[value, drainRequested, whenIdle, registered, stopAccepted],
  ],
  events: [
    { type: 'group.launched', taskArn: 'arn:1' },
    { type: 'group.refused', reason: 'full' },
    { type: 'group.drain' },
    { type: 'group.stop' },
    { type: 'group.hold' },
    { type: 'group.cancelDrain' },
    { type: 'task.running' },
    { type: 'task.registered' },
    { type: 'task.failing', cause: 'interrupted', detail: 'Spot' },
    { type: 'task.failing', cause: 'interrupted', detail: 'Spot', hold: true },
    { type: 'task.stopped', cause: 'exited', detail: 'exit code 1' },
    { type: 'xstate.done.actor.takeTurn', output: { at: 500 } },
    { type: 'xstate.error.actor.takeTurn', error: new Error('a bug') },
    { type: 'group.send' },
    { type: 'xstate.done.actor.stopTask' },
    { type: 'xstate.error.actor.stopTask', error: new Error('throttled') },
  ] as never,
};
