import { describe, expect, it } from 'vitest';
import { type ListMemory, noLists, readList } from '../../../machines/fleet/taskLists.ts';
import type { ClusterFailure, FailureKind, TaskList } from '../../../machines/shared/domain.ts';
import { orphan } from '../../support/liveManager.ts';

const missing = (taskArn: string) => orphan(taskArn, { phase: 'missing' });
const list = (startedAt: number, given: Partial<TaskList> = {}): TaskList => ({
  ...{ startedAt, tasks: [], unlisted: [] },
  ...given,
});
const failure = (kind: FailureKind, cluster = 'there', code = 'any'): ClusterFailure => ({
  ...{ cluster, kind, code, reason: 'no' },
});

describe('a task that is listed and not described', () => {
  const undescribed = (at: number, before: ListMemory = noLists, ...arns: string[]) =>
    readList(list(at, { tasks: arns.map(missing) }), before);
  const arns = ({ inventory }: ReturnType<typeof readList>) =>
    inventory.tasks.map(({ taskArn }) => taskArn);

  it('is in the inventory for 60 s after the first list that could not describe it', () => {
    const first = undescribed(1000, noLists, 'a');
    expect(arns(first)).toEqual(['a']);
    expect(first.memory).toEqual({ undescribedSince: { a: 1000 }, unanswered: {} });
    const last = undescribed(60_999, first.memory, 'a');
    expect(arns(last)).toEqual(['a']);
    const gone = undescribed(61_000, last.memory, 'a');
    expect([arns(gone), gone.memory]).toEqual([[], first.memory]);
  });

  it('starts anew after it was described or not listed, and each has its own time', () => {
    const before = { undescribedSince: { a: 1000, c: 1000 }, unanswered: {} };
    const tasks = [missing('b'), orphan('c')];
    const { memory, inventory } = readList(list(2000, { tasks }), before);
    expect(memory.undescribedSince).toEqual({ b: 2000 });
    expect(inventory).toEqual({ startedAt: 2000, tasks });
    const later = undescribed(62_000, memory, 'a', 'b', 'c');
    expect(arns(later)).toEqual(['a', 'c']);
    expect(later.memory.undescribedSince).toEqual({ a: 62_000, b: 2000, c: 62_000 });
  });

  it('keeps its time where an incomplete list lacks it, and starts anew where that describes it', () => {
    const before = { undescribedSince: { a: 1000, c: 1000, d: 1000 }, unanswered: {} };
    const tasks = [missing('b'), orphan('c'), missing('d')];
    const given = { tasks, unlisted: [failure('throttled')] };
    const { memory } = readList(list(2000, given), before);
    expect(memory.undescribedSince).toEqual({ a: 1000, b: 2000, d: 1000 });
  });
});

describe('a cluster elsewhere', () => {
  it.each(['unreachable', 'throttled', 'credentials'] as const)(
    'that fails as %s is waited for, and left out at the fifth list in a row',
    (kind) => {
      const unlisted = [failure(kind)];
      let { memory } = readList(list(0), noLists);
      for (let count = 1; count <= 4; count++) {
        const reading = readList(list(count, { unlisted }), memory);
        expect(reading).toMatchObject({ incomplete: failure(kind), leftOut: [] });
        memory = reading.memory;
        expect(memory.unanswered).toEqual({ there: count });
      }
      for (let count = 5; count <= 6; count++) {
        const reading = readList(list(count, { unlisted }), memory);
        expect(reading).toMatchObject({ incomplete: null, leftOut: unlisted });
        memory = reading.memory;
        expect(memory.unanswered).toEqual({ there: count });
      }
      expect(readList(list(7), memory).memory.unanswered).toEqual({});
    },
  );

  it.each([
    failure('unprepared'),
    failure('denied'),
    failure('invalid'),
    failure('credentials', 'there', 'otherAccount'),
  ])('is left out at once if it fails for good: %j', (answer) => {
    const reading = readList(list(1, { unlisted: [answer] }), noLists);
    expect(reading).toMatchObject({ incomplete: null, leftOut: [answer] });
    expect(reading.memory.unanswered).toEqual({ there: 1 });
  });

  it('is judged by its own failures, and one that is waited for is enough', () => {
    const before = { undescribedSince: {}, unanswered: { silent: 4, other: 4 } };
    const unlisted = [failure('unreachable', 'silent'), failure('throttled', 'new')];
    expect(readList(list(1, { unlisted }), before)).toMatchObject({
      incomplete: { cluster: 'new' },
      leftOut: [{ cluster: 'silent' }],
      memory: { unanswered: { silent: 5, new: 1 } },
    });
  });
});
