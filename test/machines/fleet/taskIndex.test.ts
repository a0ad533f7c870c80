import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  byCohort,
  cohortOf,
  noTasks,
  type TaskIndex,
  withTasksChanged,
} from '../../../machines/fleet/taskIndex.ts';
import { countedReads } from '../../support/countedReads.ts';

const taskIds = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `task-${from + i}`);
/** A hundred cohorts of a hundred tasks. */
const large = () =>
  Array.from({ length: 100 }, (_, i) => i).reduce<TaskIndex>(
    (index, i) =>
      withTasksChanged(index, {
        ...{ cohortId: `cohort.${i}`, added: taskIds(100 * i, 100 * (i + 1)), removed: [] },
      }),
    noTasks,
  );

it('has 256 parts, whatever comes, and all of them are empty at first', () => {
  const { parts } = withTasksChanged(noTasks, { cohortId: 'x', added: ['ab'], removed: [] });
  expect([noTasks.parts.length, parts.length]).toEqual([256, 256]);
  expect(noTasks.parts.every((part) => Object.keys(part).length === 0)).toBe(true);
});

it('knows the cohort of each task, and how many tasks there are, after whatever has come and gone', () => {
  const ids = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'ab', 'ba'), { maxLength: 4 });
  const change = fc.record({ cohortId: fc.constantFrom('x', 'y'), added: ids, removed: ids });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
      let index = noTasks;
      const known = new Map<string, string>();
      for (const each of changes) {
        index = withTasksChanged(index, each);
        for (const id of each.removed) if (known.get(id) === each.cohortId) known.delete(id);
        for (const id of each.added) known.set(id, each.cohortId);
        expect(index.size).toBe(known.size);
        for (const id of ['a', 'b', 'c', 'd', 'ab', 'ba'])
          expect(cohortOf(index, id)).toBe(known.get(id));
      }
    }),
  );
});

it('copies one small part of ten thousand ids for a task that comes or goes', () => {
  const before = large();
  expect(before.size).toBe(10_000);
  const largest = Math.max(...before.parts.map((part) => Object.keys(part).length));
  expect(largest).toBeLessThan(200);
  for (const one of [
    { added: ['new'], removed: [] },
    { added: [], removed: ['task-77'] },
  ]) {
    const after = withTasksChanged(before, { cohortId: 'cohort.0', ...one });
    expect(after.parts.filter((part, i) => part !== before.parts[i])).toHaveLength(1);
  }
});

it('finds the cohorts of what is shown without a look at other tasks', () => {
  const index = large();
  const reads = countedReads(index.parts);
  const shown = { 'task-7': 1, 'task-801': 2, 'task-8': 3, 'not-ours': 4 };
  expect([...byCohort(index, shown)]).toEqual([
    ['cohort.0', { 'task-7': 1, 'task-8': 3 }],
    ['cohort.8', { 'task-801': 2 }],
  ]);
  expect(reads()).toBe(3);
});
