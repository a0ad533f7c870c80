import type { Model } from '../explore.ts';

export const failure = (kind: string) => Object.assign(new Error(`it was ${kind}`), { kind });
export const order = {
  label: 'e-1',
  clientToken: 'se-e-1',
  count: 2,
  revision: 'rev:1',
  market: 'spot' as const,
};
export const input = { order, groupIds: ['e-1-0', 'e-1-1'], outcomeUnknown: false };
export const answer = { taskArns: ['arn:1'], refusals: [{ kind: 'refused', reason: 'full' }] };
export const claims = [{ groupId: 'e-1-0', taskArn: 'arn:1', createdAt: null }];

export const model: Model = {
  input,
  key: ({ value, context }) => [
    value,
    context.retryAt,
    Math.min(context.attempts, 2),
    context.outcomeUnknown,
    context.withdrawn,
    context.answer.taskArns.length,
  ],
  events: ({ context }) =>
    [
      { type: 'xstate.done.actor.journalLaunch' },
      { type: 'xstate.error.actor.journalLaunch', error: failure('journal') },
      { type: 'xstate.done.actor.takeTurn', output: { at: 500 } },
      { type: 'xstate.error.actor.takeTurn', error: failure('unreachable') },
      { type: 'xstate.error.actor.takeTurn', error: failure('bug') },
      { type: 'launch.send' },
      { type: 'launch.found', taskArns: ['arn:1'], createdAt: {} },
      { type: 'xstate.done.actor.runTask', output: answer },
      { type: 'xstate.error.actor.runTask', error: failure('unreachable') },
      { type: 'xstate.error.actor.runTask', error: failure('throttled') },
      { type: 'xstate.error.actor.runTask', error: failure('denied') },
      {
        type: 'xstate.done.actor.journalOutcome',
        output: context.answer.taskArns.length > 0 ? claims : [],
      },
      { type: 'xstate.error.actor.journalOutcome', error: failure('journal') },
      { type: 'launch.tick', now: 10_000, allowed: true },
      { type: 'launch.tick', now: 11_500, allowed: true },
      { type: 'launch.tick', now: 11_500, allowed: false },
      { type: 'launch.withdraw' },
    ] as never,
};

/** An earlier run may have sent it, and its record cannot be written again. */
export const unwritable: Model = {
  input: { ...input, outcomeUnknown: true },
  key: ({ value, context }) => [value, context.rejections, context.retryAt],
  events: [
    { type: 'xstate.error.actor.journalLaunch', error: failure('bug') },
    { type: 'launch.tick', now: 10_000, allowed: true },
    { type: 'launch.tick', now: 100_000, allowed: true },
  ] as never,
};
