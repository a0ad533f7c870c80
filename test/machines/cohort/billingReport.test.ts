import { expect, it } from 'vitest';
import { admit, launchPlan, liveCohort, observed } from '../../support/liveCohort.ts';

const prices = { onDemand: 3.6, spot: 0.36, minimumMs: 60_000 };
const nothing = { requested: 0, tasks: 0, fromSum: 0, young: {}, gapMs: 0 };

/** A cohort that launches one group on Spot, and the bills that it has reported since they were read last. */
const cohortWith = (given: Parameters<typeof liveCohort>[0]) => {
  const cohort = liveCohort(given);
  const { actor, answer, told } = cohort;
  const bills = () =>
    told.splice(0).flatMap((event) => (event.type === 'cohort.billed' ? [event] : []));
  const request = () => actor.send({ ...admit, launches: [launchPlan('e-1', 1)] });
  const launch = async () => {
    await answer('journalLaunch', undefined);
    await answer('runTask', { taskArns: ['arn:0'], refusals: [] });
    await answer('journalOutcome', [{ groupId: 'e-1-0', taskArn: 'arn:0' }]);
  };
  return { ...cohort, bills, request, launch };
};

it('a cohort reports what its groups cost, each time that changes', async () => {
  const { bills, request, launch, look } = cohortWith({ prices });
  const bill = (spot: object, endedUsd = 0) => ({
    ...{ type: 'cohort.billed', cohortId: 'cohort.0' },
    bill: {
      onDemand: nothing,
      spot: { ...nothing, ...spot },
      endedUsd,
      isLowerBound: false,
      endedGapUsd: 0,
    },
  });
  request();
  expect(bills()).toEqual([bill({ requested: 1 })]);
  await launch();
  const young = (second: number) => ({ [second]: { tasks: 1, endSum: second * 1000 } });
  expect(bills()).toEqual([bill({ tasks: 1, fromSum: 1000, young: young(61) })]);
  const shown = { ...observed('arn:0', 'running'), createdAt: 9000 };
  await look(10_000, shown);
  expect(bills()).toEqual([bill({ tasks: 1, fromSum: 9000, young: young(69) })]);
  await look(20_000, shown);
  expect(bills()).toEqual([]);
  await look(69_000, shown);
  expect(bills()).toEqual([bill({ tasks: 1, fromSum: 9000 })]);
  await look(109_000, { ...observed('arn:0', 'stopped'), createdAt: 9000 });
  expect(bills()).toEqual([bill({}, 0.01)]);
});

it('a cohort without prices reports no costs', async () => {
  const { bills, request, launch, phases } = cohortWith({});
  request();
  await launch();
  expect(bills()).toEqual([]);
  expect(phases()).toEqual({ 'e-1-0': 'provisioning' });
});

/** The same with two groups, and with its last bill. */
const bothWith = () => {
  const cohort = liveCohort({ prices });
  const lastBill = () =>
    cohort.told.flatMap((event) => ('bill' in event ? [event.bill] : [])).at(-1);
  const drainAll = (at: number) =>
    cohort.actor.send({
      ...{ type: 'cohort.drain', generation: 2, at, until: 0 },
      ...{ pending: 2, idle: 2, busy: 2 },
    });
  return { ...cohort, lastBill, drainAll };
};

it('ends a task that StopTask shows to have ended long ago, at what it has cost by then', async () => {
  const { launchBoth, drainAll, calls, ended, lastBill, look } = bothWith();
  await launchBoth();
  await look(900_000);
  drainAll(900_000);
  const seen = { ...observed('arn:0', 'stopped'), createdAt: 1000, livedMs: 100_000 };
  await Promise.all(calls.stopTask.slice(0, 1).map(({ resolve }) => resolve(seen)));
  await look(903_000);
  expect(ended).toMatchObject([{ taskArn: 'arn:0', usd: 0.01 }]);
  expect(lastBill()).toMatchObject({ endedUsd: 0.01, isLowerBound: false });
});

it('says that a bill is a part of the cost once ECS has denied a task to its end', async () => {
  const { launchBoth, ended, lastBill, look } = bothWith();
  await launchBoth();
  const second = observed('arn:1', 'running');
  await look(100_000, observed('arn:0', 'running'), second);
  for (const at of [103_000, 700_000, 900_000])
    await look(at, observed('arn:0', 'missing'), second);
  expect(ended).toMatchObject([
    { taskArn: 'arn:0', cause: 'lost', usd: expect.closeTo(0.0099, 9) },
  ]);
  // It was given up at 700 s, and may have lived until then.
  const gap = { endedGapUsd: expect.closeTo(0.06, 9) };
  expect(lastBill()).toMatchObject({ isLowerBound: true, ...gap });
});

it('says so once a launch leaves it open what became of some of its tasks', async () => {
  const { actor, answer, lastBill } = bothWith();
  actor.send({ ...admit, launches: [...admit.launches] });
  await answer('journalLaunch', undefined);
  await answer('runTask', { taskArns: ['arn:0'], refusals: [] });
  expect(lastBill()).toMatchObject({ isLowerBound: false });
  await answer('journalOutcome', [{ groupId: 'e-1-0', taskArn: 'arn:0' }]);
  // The other one may have been billed for the minimum.
  const gap = { endedGapUsd: expect.closeTo(0.006, 9) };
  expect(lastBill()).toMatchObject({ spot: { tasks: 1 }, isLowerBound: true, ...gap });
});

it('knows the whole cost of a launch that was refused in part', async () => {
  const { actor, answer, lastBill } = bothWith();
  actor.send({ ...admit, launches: [...admit.launches] });
  await answer('journalLaunch', undefined);
  const refusals = [{ kind: 'capacity', reason: 'full' }];
  await answer('runTask', { taskArns: ['arn:0'], refusals });
  await answer('journalOutcome', [{ groupId: 'e-1-0', taskArn: 'arn:0' }]);
  const whole = { isLowerBound: false, endedGapUsd: 0 };
  expect(lastBill()).toMatchObject({ spot: { tasks: 1 }, ...whole });
});
