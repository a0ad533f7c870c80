import { describe, expect, it } from 'vitest';
import type { ModelTask } from './ecs.ts';
import { createIdlers } from './idlers.ts';
import type { Watched } from './watched.ts';

/** A group that has had nothing to do since second 100. The daemon stood still until then; null: it never did. */
function idlerAt(second: number, frozenUntil: number | null) {
  const task = { taskArn: 'arn:1' } as ModelTask;
  const owner = { dead: false, ...(frozenUntil !== null && { frozenUntil: frozenUntil * 1000 }) };
  const group = { groupId: 'g1', taskArn: 'arn:1', state: 'running', registered: true };
  const world = {
    agenda: { now: () => second * 1000 },
    ecs: { tasks: new Map([[task.taskArn, task]]) },
    scheduler: {
      work: new Map([[task, { tasks: 0, since: 100_000 }]]),
      heardSince: () => 0,
    },
    settings: { reportEverySeconds: 1 },
    life: () => ({ owner }),
    census: () => ({ groups: [{ ...group, drainRequested: false }] }),
  };
  return createIdlers(world as unknown as Watched).idler();
}

describe('a group without work', () => {
  it('is known to the daemon once that was shown for a while', () => {
    expect([idlerAt(103, null), idlerAt(105, null)]).toEqual([undefined, 'g1']);
  });

  it('is news to a daemon that stood still meanwhile', () => {
    expect([idlerAt(200, 200), idlerAt(203, 200), idlerAt(205, 200)]).toEqual([
      ...[undefined, undefined, 'g1'],
    ]);
  });
});
