import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { workerGroup } from '../../machines/workerGroup.ts';
import { type Model, untaken, unvisited, walks } from '../support/paths.ts';
import { scriptedWorld } from '../support/world.ts';

const model: Model = {
  input: { groupId: 'g1' },
  key: ({ value, context }) => [value, context.leaving, context.registered],
  events: [
    { type: 'group.launched', taskArn: 'arn:1' },
    { type: 'group.refused', reason: 'full' },
    { type: 'group.drain' },
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
    let drained = false;
    let ended = false;
    for (const { event, state } of steps) {
      const before = { value: actor.getSnapshot().value, stops: calls.stopTask.length };
      await play(actor, event);
      drained ||= event.type === 'group.drain';
      ended ||= event.type === 'task.stopped' || event.type === 'group.refused';
      const { value, context, output, status } = actor.getSnapshot();
      expect(value).toEqual(state.value);
      if (value === 'stopped') {
        expect(ended).toBe(true); // nothing is over because we say so
        expect(context.cause).not.toBeNull();
        expect(output).toEqual(expect.objectContaining({ groupId: 'g1', cause: context.cause }));
        if (drained && !steps.some((step) => step.event.type === 'task.failing'))
          expect(context.cause).toBe('drained');
      } else expect(status).toBe('active');
      if (drained && context.taskArn) expect(['draining', 'stopped']).toContain(value); // no drain forgotten
      if (drained && !context.taskArn && !ended) expect(value).toBe('requested'); // the ARN is on its way
      if (value === 'draining') expect(calls.stopTask.at(-1)?.input).toEqual({ taskArn: 'arn:1' });
      else expect(calls.stopTask).toHaveLength(before.stops); // only a drain stops a task
      if (before.value === 'draining' && event.type === 'group.drain')
        expect(calls.stopTask).toHaveLength(before.stops + 1); // a repeated drain asks ECS again
    }
  });
});

it('draws no transition that the model cannot take, and no state it cannot reach', () => {
  expect(untaken(workerGroup, model)).toEqual([]);
  expect(unvisited(workerGroup, model)).toEqual([]);
});
