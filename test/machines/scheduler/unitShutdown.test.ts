import { describe, expect, it } from 'vitest';
import { about, answers, shutdown, start, told, worker } from '../../support/unitDialogue.ts';

describe('workers that are named for shutdown', () => {
  it('one at a time end their idle task, but those of a list leave alone the task of one that is kept', () => {
    const workers = (taskId: string) => [0, 1].map((n) => `Worker|ECS-${taskId}|${n}`);
    const idle = { workers: 2, tasks: 0 };
    const named = (...workerIds: string[]) => {
      const { hear, at, world } = about(false, ['a', 'b']);
      world.loads.set('a', idle);
      world.loads.set('b', idle);
      return [...told(hear(shutdown(...workerIds))), ...told(at(2000))];
    };
    const [a0 = '', a1 = ''] = workers('a');
    const [b0 = ''] = workers('b');
    expect(named(b0)).toEqual([['release', 'b']]);
    expect(named(a0, a1, b0)).toEqual([['release', 'a']]);
  });

  it('after a list do not complete what the list left out', () => {
    const { hear } = about(false, ['a']);
    hear(shutdown('Worker|ECS-a|0', 'Worker|ECS-other|0'));
    expect(told(hear(shutdown('Worker|ECS-a|1')))).toEqual([]);
    expect(told(hear(shutdown('Worker|ECS-a|0')))).toEqual([]);
    expect(told(hear(shutdown('Worker|ECS-a|0', 'Worker|ECS-a|1')))).toEqual([['release', 'a']]);
  });
});

describe('named workers', () => {
  it('stop their task once all of its workers were named, and never stop workers that were not', () => {
    const { hear } = about(false, ['t1', 't2']);
    const said = hear(shutdown(worker('t1', 1)));
    expect(answers(said)).toEqual([['success', '']]);
    expect(told(said)).toEqual([]);
    expect(told(hear(shutdown(worker('t1', 1))))).toEqual([]);
    expect(told(hear(shutdown(worker('t2', 1))))).toEqual([]);
    expect(told(hear(shutdown(worker('t1', 2))))).toEqual([['release', 't1']]);
  });

  it('are those of the latest list: what only an earlier list named stays', () => {
    const { hear } = about(false, ['t1', 't2']);
    expect(told(hear(shutdown(worker('t1', 1), worker('t2', 1))))).toEqual([]);
    expect(told(hear(shutdown(worker('t1', 2), worker('t2', 2))))).toEqual([]);
  });

  it('stop a task as soon as none of its workers has a task, but not one that has only just connected', () => {
    const { hear, at, world } = about(false, ['t1']);
    at(1000);
    world.loads.set('t1', { workers: 2, tasks: 0 });
    expect(told(hear(shutdown(worker('t1', 1))))).toEqual([]);
    expect(told(at(2999))).toEqual([]);
    world.loads.set('t1', { workers: 2, tasks: 1 });
    expect(told(at(3000))).toEqual([]);
    world.loads.set('t1', { workers: 2, tasks: 0 });
    expect(told(at(3250))).toEqual([['release', 't1']]);
  });

  it('stop no task for being idle before a list of workers has shown it so since one was named', () => {
    const { hear, at, world } = about(false, ['t1']);
    at(1000);
    world.loads.set('t1', { workers: 2, tasks: 0 });
    world.listedAt = null;
    hear(shutdown(worker('t1', 1)));
    expect(told(at(3000))).toEqual([]);
    world.listedAt = 1100;
    expect(told(at(4000))).toEqual([]);
    world.listedAt = 1101;
    expect(told(at(4000))).toEqual([['release', 't1']]);
  });

  it('stop their task though one of them was named only just now', () => {
    const { hear, at, world } = about(false, ['t1']);
    world.loads.set('t1', { workers: 3, tasks: 0 });
    hear(shutdown(worker('t1', 1)));
    at(2000 - 1);
    hear(shutdown(worker('t1', 2)));
    expect(told(at(2000))).toEqual([['release', 't1']]);
  });

  it('do not stand for one that the list kept and that has gone since: the next list does', () => {
    const { hear, at, world } = about(false, ['t1']);
    world.loads.set('t1', { workers: 3, tasks: 0 });
    const list = () => hear(shutdown(worker('t1', 1), worker('t1', 2)));
    expect(told(list())).toEqual([]);
    world.loads.set('t1', { workers: 2, tasks: 0 });
    expect(told(at(1000))).toEqual([]);
    expect(told(list())).toEqual([['release', 't1']]);
  });

  it('count by those that are connected, where the monitor tells', () => {
    const { hear, world } = about(false, ['t1']);
    world.loads.set('t1', { workers: 1, tasks: 1 });
    expect(told(hear(shutdown(worker('t1', 1))))).toEqual([['release', 't1']]);
  });

  it('are forgotten after a while, and when more is asked for', () => {
    const { hear, at, world } = about(false, ['t1', 't2']);
    hear(shutdown(worker('t1', 1)));
    hear(shutdown(worker('t2', 1)));
    at(30_000);
    expect(told(hear(shutdown(worker('t2', 2))))).toEqual([['release', 't2']]);
    expect(at(30_001)).toEqual([]);
    expect(told(hear(shutdown(worker('t1', 2))))).toEqual([]);
    hear(start);
    world.at = 31_000;
    expect(told(hear(shutdown(worker('t1', 1))))).not.toContainEqual(['release', 't1']);
  });

  it('stay while the scheduler is new: its clients are still reconnecting', () => {
    const { hear, world } = about(false, ['t1'], 4, { newUntil: 1000, workersPerTask: 1 });
    world.at = 999;
    const said = hear(shutdown(worker('t1', 1)));
    expect([answers(said), told(said)]).toEqual([[['success', '']], []]);
    world.at = 1000;
    expect(told(hear(shutdown(worker('t1', 1))))).toEqual([['release', 't1']]);
  });

  it('of others are answered and left alone', () => {
    const { hear } = about(false, ['t1']);
    const said = hear(shutdown('Worker|NAT|x|1', worker('foreign', 1), worker('foreign', 2)));
    expect(answers(said)).toEqual([['success', '']]);
    expect(told(said)).toEqual([]);
  });
});

describe('a task that is to end and that the next list does not name', () => {
  const both = (taskId: string) => [worker(taskId, 1), worker(taskId, 2)];
  /** `a` was named and is to end; the list after it names `b`, and keeps `a`. */
  const sparing = (load?: { workers: number; tasks: number }) => {
    const dialogue = about(false, ['a', 'b']);
    expect(told(dialogue.hear(shutdown(...both('a'))))).toEqual([['release', 'a']]);
    dialogue.at(1000);
    if (load) dialogue.world.loads.set('a', load);
    return { ...dialogue, next: told(dialogue.hear(shutdown(...both('b')))) };
  };

  it('is kept for all that the scheduler knows: another one stays in its place', () => {
    expect(sparing().next).toEqual([]);
    expect(sparing({ workers: 2, tasks: 1 }).next).toEqual([]);
  });

  it('is not kept if its workers are gone when the list comes', () => {
    expect(sparing({ workers: 0, tasks: 0 }).next).toEqual([['release', 'b']]);
  });

  it('leaves it to the next list whether another one is kept in its place, once its workers are gone, or it is', () => {
    const ended = sparing();
    ended.world.ours.delete('a');
    const left = sparing({ workers: 2, tasks: 0 });
    left.world.loads.set('a', { workers: 0, tasks: 0 });
    for (const { at, hear } of [ended, left]) {
      expect(told(at(1500))).toEqual([]);
      expect(told(at(31_000))).not.toContainEqual(['release', 'b']);
      expect(told(hear(shutdown(...both('b'))))).toContainEqual(['release', 'b']);
    }
  });

  it('is not kept for longer than half a minute from the first list without it', () => {
    const { hear, at, world } = sparing();
    world.at = 20_000;
    expect(told(hear(shutdown(...both('b'))))).toEqual([]);
    expect(told(at(30_999))).not.toContainEqual(['release', 'b']);
    expect(told(at(31_000))).toContainEqual(['release', 'b']);
  });

  it('is kept if some of its workers are', () => {
    const { hear, at, world } = sparing();
    world.at = 20_000;
    const isNamed = [...both('b'), ...both('a')];
    expect(told(hear(shutdown(...isNamed.slice(0, 3))))).not.toContainEqual(['release', 'b']);
    expect(told(at(21_000))).not.toContainEqual(['release', 'b']);
    expect(told(hear(shutdown(...isNamed)))).toContainEqual(['release', 'b']);
  });

  it('is kept for half a minute anew after a list that named it', () => {
    const { hear, at, world } = sparing();
    world.loads.set('b', { workers: 3, tasks: 1 });
    world.at = 20_000;
    hear(shutdown(...both('a'), ...both('b')));
    world.loads.delete('b');
    world.at = 25_000;
    expect(told(hear(shutdown(...both('b'))))).not.toContainEqual(['release', 'b']);
    expect(told(at(54_000))).not.toContainEqual(['release', 'b']);
  });

  it('takes the place of one task only', () => {
    const { hear, at } = about(false, ['a', 'b', 'c']);
    hear(shutdown(...both('a')));
    at(1000);
    expect(told(hear(shutdown(...both('b'), ...both('c'))))).toEqual([['release', 'b']]);
  });

  it('counts for nothing where the scheduler names one worker at a time', () => {
    const { hear, at } = about(false, ['a', 'b'], 4, { workersPerTask: 1 });
    expect(told(hear(shutdown(worker('a', 1))))).toEqual([['release', 'a']]);
    at(1000);
    expect(told(hear(shutdown(worker('b', 1))))).toEqual([['release', 'b']]);
  });
});
