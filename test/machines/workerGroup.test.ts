import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { workerGroup } from '../../machines/workerGroup.ts';
import { type Model, untaken, unvisited, walks } from '../support/paths.ts';
import { scriptedWorld } from '../support/world.ts';

const model: Model = {
  input: { groupId: 'g1' },
  key: ({ value, context }) => [value, context.leaving, context.registered, context.stopAccepted],
  events: [
    { type: 'group.launched', taskArn: 'arn:1' },
    { type: 'group.refused', reason: 'full' },
    { type: 'group.drain' },
    { type: 'group.stop' },
    { type: 'group.reprieve' },
    { type: 'task.running' },
    { type: 'task.registered' },
    { type: 'task.failing', cause: 'interrupted', detail: 'Spot' },
    { type: 'task.stopped', cause: 'exited', detail: 'exit code 1' },
    { type: 'xstate.done.actor.stopTask' },
    { type: 'xstate.error.actor.stopTask', error: new Error('throttled') },
  ] as never,
};

describe.each(walks(workerGroup, model))('$title', ({ steps }) => {
  it('keeps its promises when a live actor walks it', async () => {
    const { actors, calls, play } = scriptedWorld('stopTask');
    const actor = createActor(workerGroup.provide({ actors }), { input: { groupId: 'g1' } });
    actor.start();
    let leaving = false;
    let ended = false;
    for (const { event, state } of steps) {
      const before = { value: actor.getSnapshot().value, stops: calls.stopTask.length };
      await play(actor, event);
      const { value, context, output, status } = actor.getSnapshot();
      const stopping = actor.getSnapshot().matches({ draining: 'stopping' });
      if (/drain|stop$/.test(event.type)) leaving = true;
      // A stop that ECS was asked for is not taken back.
      if (event.type === 'group.reprieve' && !stopping) leaving = false;
      ended ||= event.type === 'task.stopped' || event.type === 'group.refused';
      expect(value).toEqual(state.value);
      if (value === 'stopped') {
        expect(ended).toBe(true); // nothing is over because we say so
        expect(context.cause).not.toBeNull();
        expect(output).toMatchObject({ groupId: 'g1', cause: context.cause });
        if (leaving && !steps.some((step) => step.event.type === 'task.failing'))
          expect(context.cause).toBe('drained');
      } else expect(status).toBe('active');
      if (leaving && context.taskArn && value !== 'stopped')
        expect(value).toHaveProperty('draining'); // nobody is forgotten
      if (leaving && !context.taskArn && !ended) expect(value).toBe('requested'); // the ARN is on its way
      if (stopping) expect(calls.stopTask.at(-1)?.input).toEqual({ taskArn: 'arn:1' });
      else expect(calls.stopTask).toHaveLength(before.stops); // only this stops a task
      if (JSON.stringify(before.value) === '{"draining":"stopping"}' && event.type === 'group.stop')
        expect(calls.stopTask).toHaveLength(before.stops + 1); // asked again, asks ECS again
    }
  });
});

it('draws no transition that the model cannot take, and no state it cannot reach', () => {
  expect(untaken(workerGroup, model)).toEqual([]);
  expect(unvisited(workerGroup, model)).toEqual([]);
});
