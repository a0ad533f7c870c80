import { expect, it } from 'vitest';
import { liveCohort } from '../../support/liveCohort.ts';

it('a group that a person drains waits at work until its deadline', async () => {
  const { actor, launchBoth, hear, phases, look } = liveCohort();
  await launchBoth();
  hear(1500, { 'arn:0': { workers: 1, tasks: 1, canceling: 0 } });
  const groupIds = ['e-1-0'];
  actor.send({ type: 'cohort.evict', generation: 2, at: 2000, until: 9000, groupIds });
  await look(8999);
  expect(phases()).toMatchObject({ 'e-1-0': 'waiting' });
  await look(9000);
  expect(phases()).toMatchObject({ 'e-1-0': 'stopping' });
});
