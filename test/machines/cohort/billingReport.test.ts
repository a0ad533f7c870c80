import { expect, it } from 'vitest';
import type { Bill } from '../../../machines/shared/money.ts';
import { admit, liveCohort, sighting } from '../../support/liveCohort.ts';

/** The launch is one on Spot. */
const prices = { onDemand: 36, spot: 3.6, minimumMs: 60_000 };
const cohort = () => {
  const live = liveCohort({ prices });
  const bills = () =>
    live.told.flatMap((event) =>
      event.type === 'cohort.billed' ? (event as unknown as { bill: Bill }).bill : [],
    );
  const lastBill = () => bills().at(-1);
  const drainAll = (at: number) =>
    live.actor.send({
      ...{ type: 'cohort.drain', generation: 2, at, until: 0 },
      ...{ pending: 2, idle: 2, busy: 2 },
    });
  return { ...live, bills, lastBill, drainAll };
};

it('bills the tasks of a launch, and reports a bill only when it changes', async () => {
  const { launchBoth, bills, lastBill, look } = cohort();
  await launchBoth();
  expect(lastBill()).toMatchObject({ spot: { requested: 0, tasks: 2 }, isLowerBound: false });
  const known = bills().length;
  await look(3000);
  expect(bills()).toHaveLength(known);
});

it('ends a task that StopTask shows to have ended long ago, at what it has cost by then', async () => {
  const { launchBoth, drainAll, calls, ended, lastBill, look } = cohort();
  await launchBoth();
  await look(900_000);
  drainAll(900_000);
  const seen = { ...sighting('arn:0', 'stopped'), createdAt: 1000, livedMs: 100_000 };
  await Promise.all(calls.stopTask.slice(0, 1).map(({ resolve }) => resolve(seen)));
  await look(903_000);
  expect(ended).toMatchObject([{ taskArn: 'arn:0', usd: 0.1 }]);
  expect(lastBill()).toMatchObject({ endedUsd: 0.1, isLowerBound: false });
});

it('says that a bill is a part of the cost once ECS has denied a task to its end', async () => {
  const { launchBoth, ended, lastBill, look } = cohort();
  await launchBoth();
  const second = sighting('arn:1', 'running');
  await look(100_000, sighting('arn:0', 'running'), second);
  for (const at of [103_000, 700_000, 900_000])
    await look(at, sighting('arn:0', 'missing'), second);
  expect(ended).toMatchObject([{ taskArn: 'arn:0', cause: 'lost', usd: expect.closeTo(0.099, 9) }]);
  expect(lastBill()).toMatchObject({ isLowerBound: true });
});

it('says so once a launch leaves it open what became of some of its tasks', async () => {
  const { actor, answer, lastBill } = cohort();
  actor.send({ ...admit, launches: [...admit.launches] });
  await answer('journalLaunch', undefined);
  await answer('runTask', { taskArns: ['arn:0'], refusals: [] });
  expect(lastBill()).toMatchObject({ isLowerBound: false });
  await answer('journalOutcome', [{ groupId: 'e-1-0', taskArn: 'arn:0' }]);
  expect(lastBill()).toMatchObject({ spot: { tasks: 1 }, isLowerBound: true });
});

it('knows the whole cost of a launch that was refused in part', async () => {
  const { actor, answer, lastBill } = cohort();
  actor.send({ ...admit, launches: [...admit.launches] });
  await answer('journalLaunch', undefined);
  const refusals = [{ kind: 'capacity', reason: 'full' }];
  await answer('runTask', { taskArns: ['arn:0'], refusals });
  await answer('journalOutcome', [{ groupId: 'e-1-0', taskArn: 'arn:0' }]);
  expect(lastBill()).toMatchObject({ spot: { tasks: 1 }, isLowerBound: false });
});
