import type { MonitorContext } from '../../../machines/scheduler/monitor.ts';
import type { Model } from '../explore.ts';

const arn = (id: string): string => `arn:aws:ecs:eu-west-1:1:task/cluster/${id}`;

export const input = { workerManagerId: 'wm', dead: {} };
export const model: Model = {
  input,
  key: ({ value, context }) => [value, Math.min((context as MonitorContext).attempts, 2)],
  events: ({ value }) => [
    { type: 'socket.open', at: 0 },
    { type: 'socket.closed', at: 0, reason: 'reset', jitter: 0.5 },
    { type: 'socket.unreadable', at: 0, reason: 'short' },
    {
      type: 'monitor.messages',
      at: 0,
      messages: [{ type: 'monitor.workers', groups: null, workers: [] }],
    },
    { type: 'monitor.forget' },
    { type: 'monitor.silent' },
    { type: 'tick', now: 0 },
    { type: 'fleet.tasksChanged', cohortId: 'c', added: ['t1'], removed: [] },
    { type: 'task.dead', at: 0, taskArn: arn('t1') },
    { type: 'xstate.error.actor.monitorSocket', error: new Error('bad scheme') },
    ...(JSON.stringify(value).includes('overdue')
      ? [{ type: 'xstate.after.unreadWait.monitor.online.listening.overdue' }]
      : []),
    ...(value === 'backoff' ? [{ type: 'xstate.after.reconnectPause.monitor.backoff' }] : []),
  ],
};
