import { describe, expect, it } from 'vitest';
import { admit, input, liveCohort } from '../../support/liveCohort.ts';
import {
  allGroups,
  changed,
  failure,
  reportingCohort,
  single,
} from '../../support/reportingCohort.ts';
import { settle } from '../../support/world.ts';

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

describe('a cohort on a command', () => {
  it('to poll withdraws an unwanted launch again if its request was open the first time', async () => {
    const { actor, answer, calls, look, phases } = reportingCohort();
    actor.send({ ...single, launches: [...single.launches] });
    await answer('journalLaunch', undefined);
    actor.send({ type: 'cohort.drain', generation: 2, ...allGroups, at: 2000, until: 0 });
    calls.runTask.at(-1)?.reject(failure('throttled'));
    await settle();
    expect(calls.journalOutcome).toEqual([]);
    await look(3000);
    expect(calls.journalOutcome).toHaveLength(1);
    await answer('journalOutcome', []);
    expect(phases()).toEqual({});
  });

  it('to poll withdraws a launch that became unwanted while its request was open', async () => {
    const { actor, answer, calls, phases, look } = reportingCohort();
    actor.send({ ...admit, launches: [...admit.launches] });
    await answer('journalLaunch', undefined);
    actor.send({ type: 'cohort.drain', generation: 2, ...allGroups, at: 2000, until: 0 });
    calls.runTask.at(-1)?.reject(failure('throttled'));
    await settle();
    await look(5000);
    await answer('journalOutcome', []);
    expect(calls.runTask).toHaveLength(1);
    expect(phases()).toEqual({});
  });

  it('to drain withdraws a throttled launch once all its groups drain', async () => {
    const { actor, answer, calls, phases, ended } = reportingCohort();
    actor.send({ ...admit, launches: [...admit.launches] });
    await answer('journalLaunch', undefined);
    calls.runTask.at(-1)?.reject(failure('throttled'));
    await settle();
    const drain = { type: 'cohort.drain', idle: 0, busy: 0, at: 2000, until: 0 } as const;
    actor.send({ ...drain, generation: 2, pending: 1 });
    await settle();
    expect(calls.journalOutcome).toHaveLength(0);
    actor.send({ ...drain, generation: 3, pending: 1 });
    await settle();
    await answer('journalOutcome', []);
    expect(phases()).toEqual({});
    expect(ended).toHaveLength(2);
  });
});

it('a cohort reports adopted groups once', async () => {
  const { actor, news, row } = reportingCohort();
  const groups = [{ groupId: 'orphan', taskArn: 'arn:9', createdAt: 400, deadlinesFrom: 500 }];
  actor.send({ type: 'cohort.adopt', generation: 1, groups });
  const orphan = actor.getSnapshot().children['group.orphan'];
  actor.send({ type: 'cohort.adopt', generation: 2, groups });
  expect(news()).toEqual([changed(1, { pending: 1 }), changed(2, { pending: 1 })]);
  expect(row('orphan')?.phase).toBe('provisioning');
  expect(actor.getSnapshot().children['group.orphan']).toBe(orphan);
});
