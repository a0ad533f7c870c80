import { expect, it } from 'vitest';
import { input, liveCohort } from '../../support/liveCohort.ts';

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

it('the oldest group of an earlier run that is too old counts as that from the beginning', () => {
  const timeouts = { ...input.timeouts, maxLifetimeMs: 1000 };
  const agedAt = (now: number) => {
    const { actor } = liveCohort({ timeouts });
    const groups = [500, 200].map((presumedFrom, i) => ({
      ...{ groupId: `old-${i}`, taskArn: `arn:${i}`, createdAt: 0, presumedFrom },
      deadlinesFrom: now,
    }));
    actor.send({ type: 'cohort.adopt', generation: 1, groups });
    const records = actor.getSnapshot().context.groups;
    return groups.map(({ groupId }) => records[groupId]?.aged);
  };
  expect([agedAt(1199), agedAt(1700)]).toEqual([
    [false, false],
    [false, true],
  ]);
});
