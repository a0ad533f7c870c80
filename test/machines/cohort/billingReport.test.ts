import { expect, it } from 'vitest';
import { admit, launchPlan, liveCohort, sighting } from '../../support/liveCohort.ts';

const prices = { onDemand: 3.6, spot: 0.36, minimumMs: 60_000 };
const nothing = { requested: 0, tasks: 0, fromSum: 0, young: 0, minimumEndSum: 0 };

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
    bill: { onDemand: nothing, spot: { ...nothing, ...spot }, endedUsd },
  });
  request();
  expect(bills()).toEqual([bill({ requested: 1 })]);
  await launch();
  const young = { tasks: 1, young: 1 };
  expect(bills()).toEqual([bill({ ...young, fromSum: 1000, minimumEndSum: 61_000 })]);
  const shown = { ...sighting('arn:0', 'running'), createdAt: 9000 };
  await look(10_000, shown);
  expect(bills()).toEqual([bill({ ...young, fromSum: 9000, minimumEndSum: 69_000 })]);
  await look(20_000, shown);
  expect(bills()).toEqual([]);
  await look(69_000, shown);
  expect(bills()).toEqual([bill({ tasks: 1, fromSum: 9000 })]);
  await look(109_000, { ...sighting('arn:0', 'stopped'), createdAt: 9000 });
  expect(bills()).toEqual([bill({}, 0.01)]);
});

it('a cohort without prices reports no costs', async () => {
  const { bills, request, launch, phases } = cohortWith({});
  request();
  await launch();
  expect(bills()).toEqual([]);
  expect(phases()).toEqual({ 'e-1-0': 'provisioning' });
});
