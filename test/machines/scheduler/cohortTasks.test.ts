import { expect, it } from 'vitest';
import { withChangedTasks } from '../../../machines/scheduler/cohortTasks.ts';

const change = (cohortId: string, added: string[], removed: string[] = []) => ({
  ...{ cohortId, added, removed },
});

it('the tasks of a cohort are those that came to it and have not ended', () => {
  const two = withChangedTasks({}, change('a', ['t1', 't2', 't3']));
  expect(withChangedTasks(two, change('a', ['t4'], ['t2']))).toEqual({ a: ['t1', 't3', 't4'] });
  expect(withChangedTasks(two, change('b', ['t4'], ['t2']))).toEqual({ ...two, b: ['t4'] });
});

it('the cohorts keep their order', () => {
  const both = { a: ['t1'], b: ['t2'] };
  expect(Object.keys(withChangedTasks(both, change('a', ['t3'])))).toEqual(['a', 'b']);
});

it('a cohort without tasks is left out', () => {
  const both = { a: ['t1', 't2'], b: ['t3'] };
  expect(withChangedTasks(both, change('a', [], ['t2', 't1']))).toEqual({ b: ['t3'] });
});
