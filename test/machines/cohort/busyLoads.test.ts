import { expect, it } from 'vitest';
import { busyLoads } from '../../../machines/cohort/busyLoads.ts';
import { arn, rowOf, serves } from '../../support/rows.ts';

const load = (tasks: number) => ({ workers: 4, tasks, canceling: 0 });

it('lists the loads of busy groups in order, the fewest tasks first', () => {
  const groups = { a: serves({ load: load(7) }), b: serves({ load: load(10) }), c: serves() };
  expect(busyLoads(groups)).toEqual([0, 7, 10]);
});

it('lists no group that is idle, starts or is to leave', () => {
  const groups = {
    idle: serves({ load: load(0) }),
    starts: rowOf({ taskArn: arn('r'), phase: 'running', load: load(5) }),
    leaves: serves({ phase: 'waiting', drainRequested: true, load: load(2) }),
  };
  expect(busyLoads(groups)).toEqual([]);
});
