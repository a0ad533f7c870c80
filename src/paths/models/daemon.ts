import type { Model } from '../explore.ts';

export const input = {
  session: { workers: 8 } as never,
  monitor: { workerManagerId: 'wm', dead: {} },
  fleet: {} as never,
  stopTimeoutMs: 60_000,
  leaveRunning: false,
};
export const terms = { transport: 'ymq', generation: 'g3', exact: true, bare: false };
export const denied = Object.assign(new Error('not allowed'), { kind: 'denied' });

export const model: Model = {
  input,
  key: ({ value, context }) => [
    value,
    Math.min(context.attempts, 2),
    context.crash,
    context.leftOnPurpose,
    context.remaining !== null,
  ],
  events: ({ value }) =>
    [
      ...(value === 'preparing'
        ? [
            { type: 'xstate.done.actor.prepare', output: { revision: 'rev:1' } },
            { type: 'xstate.error.actor.prepare', error: denied },
          ]
        : []),
      { type: 'xstate.after.preparationPause.daemon.unprepared' },
      { type: 'daemon.stopTimeout' },
      { type: 'daemon.stop' },
      { type: 'fleet.stopped', isKnown: true },
      { type: 'fleet.stopped', isKnown: false },
      { type: 'xstate.done.actor.session' },
      { type: 'xstate.error.actor.fleetManager', error: new Error('a bug') },
      { type: 'scheduler.heartbeatEcho', at: 1 },
      { type: 'scheduler.desired', at: 1, requests: [] },
      { type: 'scheduler.startRequested', at: 1 },
      { type: 'scheduler.shutdownRequested', at: 1, taskIds: ['t1'] },
      { type: 'scheduler.requestsForgotten', at: 1 },
      { type: 'scheduler.mismatch', at: 1, reason: 'too old' },
      { type: 'scheduler.identified', at: 1, terms },
      { type: 'scheduler.connection', at: 1, status: 'ready' },
      { type: 'monitor.loads', at: 1, loads: null },
      { type: 'monitor.groups', at: 1, groups: null },
      { type: 'monitor.work', at: 1, work: null },
      { type: 'monitor.canceling', at: 1, canceling: { t1: 1 } },
      { type: 'monitor.listed', at: 1 },
      { type: 'monitor.freshness', at: 1, isCurrent: true },
      { type: 'monitor.deadWorkers', at: 1, added: ['w'], removed: [] },
      { type: 'monitor.closed', at: 1 },
      { type: 'fleet.tasksChanged', cohortId: 'c', added: ['t'], removed: [] },
      { type: 'fleet.inventoryCompleted', at: 1, looked: true },
      { type: 'fleet.remaining', tasks: 2, launches: 1, looked: false },
      { type: 'tick', now: 1 },
      { type: 'scheduler.lost', at: 1 },
      { type: 'scheduler.shutdown', at: 1 },
      { type: 'fleet.capacity', workers: 4 },
      { type: 'task.dead', at: 1, taskArn: 'arn:t' },
      { type: 'fleet.unprepared' },
      { type: 'fleet.retryNow' },
      { type: 'fleet.hold', at: 1, reason: 'a test' },
      { type: 'fleet.resume', at: 1 },
      { type: 'fleet.drainGroups', at: 1, groupIds: ['e-1-0'] },
    ] as never,
};

export const leaving: Model = { ...model, input: { ...input, leaveRunning: true } };
