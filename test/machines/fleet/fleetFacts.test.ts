import { describe, expect, it } from 'vitest';
import { liveManager } from '../../support/liveManager.ts';
import { arn } from '../../support/rows.ts';

const owned = [{ groupId: 'g1', taskArn: arn('t1'), createdAt: null, deadlinesFrom: 0 }];
const recovered = (...taskIds: string[]) => ({
  ...{ type: 'fleet.tasksChanged', cohortId: 'recovered', taskIds },
});
const placed = { type: 'fleet.tasksChanged', cohortId: 'cohort-0', taskIds: ['t1'] };

describe('the Fargate tasks of the fleet', () => {
  it('are told from the start, and are never in no cohort while they are placed', () => {
    const { actor, clock, shows } = liveManager({ owned });
    expect(shows()).toEqual([recovered('t1')]);
    clock.increment(1);
    expect(shows()).toEqual([]);
    actor.send({ type: 'cohort.tasks', cohortId: 'cohort-0', taskIds: ['t1'] });
    expect(shows()).toEqual([placed, recovered()]);
    actor.send({ type: 'cohort.tasks', cohortId: 'cohort-0', taskIds: [] });
    expect(shows()).toEqual([{ ...placed, taskIds: [] }]);
  });
});

describe('the inventory', () => {
  it('is complete with the first list', async () => {
    const { at, surveyed, shows } = liveManager();
    at(10_000);
    shows();
    await surveyed({});
    expect(shows()).toEqual([{ type: 'fleet.inventoryCompleted', at: 10_000 }]);
  });

  it('is complete where the list may not be read, and not where it failed', async () => {
    const { at, tickUntil, surveyed, shows } = liveManager();
    at(10_000);
    shows();
    await surveyed(Object.assign(new Error('no answer'), { kind: 'unreachable' }));
    expect(shows()).toEqual([]);
    tickUntil(20_000);
    await surveyed(Object.assign(new Error('not allowed'), { kind: 'denied' }));
    expect(shows()).toEqual([{ type: 'fleet.inventoryCompleted', at: 20_000 }]);
  });
});

it('tells what remains from the moment everything is to end', async () => {
  const { actor, command, report, answered, ready, shows } = liveManager();
  await ready();
  command(2);
  answered();
  shows();
  actor.send({ type: 'fleet.stop' });
  expect(shows()).toEqual([{ type: 'fleet.remaining', tasks: 1, launches: 1 }]);
  report({}, 0);
  expect(shows()).toEqual([{ type: 'fleet.remaining', tasks: 0, launches: 0 }]);
});
