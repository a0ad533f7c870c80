import { expect, it } from 'vitest';
import { createActor, toPromise } from 'xstate';
import { effect, stream } from '../../../machines/shared/effect.ts';

it('an effect that is not provided fails with its name', async () => {
  const runTask = createActor(effect('runTask'));
  runTask.subscribe({ error: () => {} });
  await expect(toPromise(runTask.start())).rejects.toThrow("effect 'runTask' is not provided");
  const socket = createActor(stream('socket'));
  const errors: unknown[] = [];
  socket.subscribe({ error: (error) => errors.push(error) });
  socket.start();
  expect(errors).toEqual([new Error("effect 'socket' is not provided")]);
});
