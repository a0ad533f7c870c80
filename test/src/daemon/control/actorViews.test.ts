import { describe, expect, it } from 'vitest';
import { countRecords, type GroupRecord } from '../../../../machines/cohort/groupRecords.ts';
import { newStatus } from '../../../../machines/fleet/cohortStatus.ts';
import { type Fleet, newFleet } from '../../../../machines/fleet/state.ts';
import { createActorViews } from '../../../../src/daemon/control/actorViews.ts';
import { counted } from '../../../support/cohortTotals.ts';
import { fleetInput } from '../../../support/liveManager.ts';
import { arn, rowOf, serves } from '../../../support/rows.ts';

type Groups = Record<string, GroupRecord>;

const actor = (snapshot: object) => ({ getSnapshot: () => snapshot });

/** Snapshots of a root with these cohorts. */
function rootOf(cohorts: Record<string, Groups>) {
  const statuses = Object.entries(cohorts).map(([id, groups]) => [
    id,
    { ...newStatus(0), counts: countRecords(groups, 2) },
  ]);
  const fleet = {
    value: {
      ...{ lifecycle: 'active', scheduler: 'present', inventory: 'idle' },
      ...{ monitor: 'connected', hold: 'running' },
    },
    context: counted({
      ...newFleet(fleetInput),
      cohorts: Object.fromEntries(statuses) as Fleet['cohorts'],
    }),
    children: Object.fromEntries(
      Object.entries(cohorts).map(([cohortId, groups]) => [
        cohortId,
        actor({ value: 'idle', context: { cohortId, groups } }),
      ]),
    ),
  };
  return actor({
    ...{ value: 'serving', context: { trouble: { reason: 'earlier' } } },
    children: { fleetManager: actor(fleet) },
  });
}

const viewsOf = (cohorts: Record<string, Groups>) => createActorViews(rootOf(cohorts), 2);
const load = (workers: number) => ({ workers, tasks: 1, canceling: 0 });

const small = {
  'cohort.10': { 'e-3-0': serves({ taskArn: arn('cccc0000') }) },
  'cohort.2': {
    'e-1-0': serves({ taskArn: arn('aaaa0000'), load: load(1) }),
    'e-1-1': serves({ taskArn: arn('aaaa1111'), load: load(2) }),
  },
};

describe('the views of the actors', () => {
  it('page by cohort, in the order of their numbers, until there are no more', () => {
    const views = viewsOf(small);
    const first = views.page(undefined);
    expect(first.groups.map(({ groupId }) => groupId)).toEqual(['e-1-0', 'e-1-1']);
    expect(first.next).toBe('cohort.2');
    const second = views.page(first.next ?? undefined);
    expect(second.groups.map(({ groupId }) => groupId)).toEqual(['e-3-0']);
    expect(second.next).toBeNull();
    expect(views.page('cohort.10')).toEqual({ groups: [], next: null });
    expect(views.page('nonsense')).toEqual({ groups: [], next: null });
  });

  it.each([
    ['e-1-1', 'e-1-1'],
    ['cccc', 'e-3-0'],
    [arn('aaaa1111'), 'e-1-1'],
    ['aaaa', ['e-1-0', 'e-1-1']],
    ['e-1', ['e-1-0', 'e-1-1']],
    ['zz', null],
  ])('find %s as %j', (name, expected) => {
    const found = viewsOf(small).find(name);
    if ('group' in found) expect(found.group.groupId).toBe(expected);
    else if ('ambiguous' in found) expect(found.ambiguous).toEqual(expected);
    else expect(expected).toBeNull();
  });

  it('count degraded groups and name the first of them', () => {
    expect(viewsOf(small).degraded()).toMatchObject({ count: 1, groups: [{ groupId: 'e-1-0' }] });
    const many = Object.fromEntries(
      Array.from({ length: 30 }, (_, i) => [`e-${i}`, serves({ load: load(1) })]),
    );
    const { count, groups } = viewsOf({ 'cohort.0': many }).degraded();
    expect([count, groups.length]).toEqual([30, 20]);
  });

  it('tell no trouble of an AWS that has been prepared since', () => {
    expect(viewsOf(small).root()).toEqual({ state: 'serving', trouble: null });
  });
});

it('10,000 groups are shown without holding the event loop for more than a few milliseconds', () => {
  const cohorts = Object.fromEntries(
    Array.from({ length: 100 }, (_, cohort) => [
      `cohort.${cohort}`,
      Object.fromEntries(
        Array.from({ length: 100 }, (_, i) => [
          `e-${cohort}-${i}`,
          i === 0 ? rowOf() : serves({ taskArn: arn(`${cohort}x${i}`), load: load(2) }),
        ]),
      ),
    ]),
  );
  const views = viewsOf(cohorts);
  const shortest = (work: () => void) =>
    Math.min(
      ...Array.from({ length: 7 }, () => {
        const at = performance.now();
        work();
        return performance.now() - at;
      }),
    );
  expect(views.fleet().groups.total).toBe(10_000);
  expect(shortest(() => views.fleet())).toBeLessThan(20);
  expect(shortest(() => views.degraded())).toBeLessThan(20);
  expect(shortest(() => views.page('cohort.50'))).toBeLessThan(20);
  expect(shortest(() => views.find('e-99-7'))).toBeLessThan(20);
  // The longest search. On a machine with other work it takes several times as long as on a quiet one.
  expect(shortest(() => views.find('99x7'))).toBeLessThan(40);
});
