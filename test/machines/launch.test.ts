import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { launch } from '../../machines/launch.ts';
import { type Model, untaken, unvisited, walks } from '../support/paths.ts';
import { scriptedWorld } from '../support/world.ts';

const failure = (kind: string) => Object.assign(new Error(`it was ${kind}`), { kind });
const order = {
  label: 'e-1',
  clientToken: 'se-e-1',
  count: 2,
  revision: 'rev:1',
  market: 'spot' as const,
};
const input = { order, groupIds: ['e-1-0', 'e-1-1'], doubted: false };
const answer = { taskArns: ['arn:1'], refusals: [{ kind: 'refused', reason: 'full' }] };
const claims = [{ groupId: 'e-1-0', taskArn: 'arn:1' }];

const model: Model = {
  input,
  key: ({ value, context }) => [
    value,
    context.retryAt,
    Math.min(context.attempts, 2),
    context.doubted,
    context.answer.taskArns.length,
  ],
  events: ({ context }) =>
    [
      { type: 'xstate.done.actor.journalLaunch' },
      { type: 'xstate.error.actor.journalLaunch', error: failure('journal') },
      { type: 'xstate.done.actor.runTask', output: answer },
      { type: 'xstate.error.actor.runTask', error: failure('unreachable') },
      { type: 'xstate.error.actor.runTask', error: failure('throttled') },
      { type: 'xstate.error.actor.runTask', error: failure('denied') },
      {
        type: 'xstate.done.actor.journalOutcome',
        output: context.answer.taskArns.length > 0 ? claims : [],
      },
      { type: 'xstate.error.actor.journalOutcome', error: failure('journal') },
      { type: 'launch.tick', now: 10_000 },
      { type: 'launch.tick', now: 11_500 },
      { type: 'launch.abandon' },
    ] as never,
};

describe.each(walks(launch, model))('$title', ({ steps }) => {
  it('keeps its promises when a live actor walks it', async () => {
    const { actors, calls, play } = scriptedWorld('journalLaunch', 'runTask', 'journalOutcome');
    const actor = createActor(launch.provide({ actors }), { input }).start();
    let journaled = false;
    for (const { event, state } of steps) {
      const before = { value: actor.getSnapshot().value, asked: calls.runTask.length };
      await play(actor, event);
      journaled ||= event.type === 'xstate.done.actor.journalLaunch';
      const { value, context, output } = actor.getSnapshot();
      expect(value).toEqual(state.value);
      if (!journaled) expect(calls.runTask).toHaveLength(0); // written down before it is sent
      for (const call of calls.runTask) expect(call.input).toEqual(order); // re-sent unchanged
      if (before.value === 'unsure' && value !== 'unsure') expect(value).toBe('asking'); // only an answer ends doubt
      if (before.value !== 'asking' && value === 'asking')
        expect(calls.runTask).toHaveLength(before.asked + 1);
      if (value === 'settled') {
        expect(output).toMatchObject({ label: 'e-1', market: 'spot' });
        const known = (output?.groups.length ?? 0) + (output?.refusals.length ?? 0);
        expect(known).toBe(2); // every group learns its fate
        if (context.answer.taskArns.length > 0) expect(output?.groups).toEqual(claims); // no ARN dropped
      }
    }
  });
});

it('draws no transition that the model cannot take, and no state it cannot reach', () => {
  expect(untaken(launch, model)).toEqual([]);
  expect(unvisited(launch, model)).toEqual([]);
});

it.each(['denied', 'invalid', 'refused', 'throttled'])(
  'keeps asking after an attempt without an answer, though a later one was %s',
  async (kind) => {
    const { actors, play, calls } = scriptedWorld('journalLaunch', 'runTask', 'journalOutcome');
    const actor = createActor(launch.provide({ actors }), { input }).start();
    await play(actor, { type: 'xstate.done.actor.journalLaunch' });
    await play(actor, {
      type: 'xstate.error.actor.runTask',
      error: failure('unreachable'),
    } as never);
    let now = 0;
    const again = async () => {
      for (let n = 0; n < 2; n++) {
        now += 61_000;
        await play(actor, { type: 'launch.tick', now } as never);
      }
      await play(actor, { type: 'xstate.error.actor.runTask', error: failure(kind) } as never);
    };
    await again();
    await play(actor, { type: 'launch.abandon' });
    expect(actor.getSnapshot().value).toBe('unsure');
    for (let n = 2; n < 14; n++) await again();
    expect(actor.getSnapshot().value).toBe('unsure');
    await again();
    expect(calls.runTask).toHaveLength(15);
    expect(actor.getSnapshot().value).toBe(kind === 'throttled' ? 'throttled' : 'recording');
  },
);

it('doubts what an earlier run may have sent', async () => {
  const { actors, play } = scriptedWorld('journalLaunch', 'runTask', 'journalOutcome');
  const again = { ...input, doubted: true };
  const actor = createActor(launch.provide({ actors }), { input: again }).start();
  await play(actor, { type: 'xstate.done.actor.journalLaunch' });
  await play(actor, { type: 'xstate.error.actor.runTask', error: failure('denied') } as never);
  expect(actor.getSnapshot().value).toBe('unsure');
});

it('waits longer after each failure, up to a minute', async () => {
  const { actors, play, calls } = scriptedWorld('journalLaunch', 'runTask', 'journalOutcome');
  const actor = createActor(launch.provide({ actors }), { input }).start();
  await play(actor, { type: 'xstate.done.actor.journalLaunch' });
  const pauses: number[] = [];
  let now = 0;
  for (let i = 0; i < 8; i++) {
    await play(actor, {
      type: 'xstate.error.actor.runTask',
      error: failure('unreachable'),
    } as never);
    const from = now;
    while (actor.getSnapshot().value === 'unsure') {
      actor.send({ type: 'launch.tick', now });
      if (actor.getSnapshot().value === 'unsure') now += 500;
    }
    pauses.push(now - from);
  }
  expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  expect(calls.runTask).toHaveLength(9);
});
