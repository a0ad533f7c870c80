import { describe, expect, it } from 'vitest';
import type { WorkerLoad } from '../../../machines/scheduler/monitor.ts';
import type { GroupsSight } from '../../../src/scheduler/monitorSocket.ts';
import { encodeCommandResponse } from '../../../src/scheduler/protocol/codec.ts';
import {
  type Conversation,
  conversation,
  type Saying,
} from '../../../src/scheduler/unitProtocol.ts';

const capabilities = [{ name: 'gpu', value: '1' }];
const start = { type: 'start' as const, capabilities: [] };
const shutdown = (...workerIds: string[]) => ({
  type: 'shutdown' as const,
  groupId: null,
  workerIds,
});
const shutdownGroup = (groupId: string) => ({ type: 'shutdown' as const, groupId, workerIds: [] });
const worker = (taskId: string, n: number) => `Worker|ECS-${taskId}|name|${n}`;

/** A conversation, with the world around it as the test says. */
const about = (groups: boolean, first: string[] = [], maxTasks: number | null = null) => {
  const world = {
    at: 0,
    ours: new Set(first),
    loads: new Map<string, WorkerLoad>(),
    complete: true,
    groups: null as GroupsSight | null,
  };
  const talk: Conversation = conversation({ maxTasks, workersPerTask: 2, capabilities }, groups, {
    ...world,
    ours: new Set(first),
  });
  const hear = (order: Parameters<Conversation['hear']>[0]) => talk.hear(order, world);
  const at = (ms: number): Saying[] => {
    world.at = ms;
    return talk.look(world);
  };
  const strange = () => talk.strange(world);
  return { world, hear, at, strange };
};

const answers = (sayings: Saying[]) =>
  sayings.flatMap((each) =>
    each.type === 'answer' ? [[each.answer.outcome, each.answer.groupId]] : [],
  );
const told = (sayings: Saying[]) =>
  sayings.flatMap((each) => {
    if (each.type !== 'tell') return [];
    const { event } = each;
    return event.type === 'scheduler.shutdownRequested'
      ? [['release', ...event.taskIds]]
      : [[event.type]];
  });

describe.each([true, false])('a start (groups: %s)', (groups) => {
  const nameOf = (taskId: string) => (groups ? `ecs-${taskId}` : '');

  it('is answered when its task has a name, not before, and once', () => {
    const { hear, at, world } = about(groups);
    expect(told(hear(start))).toEqual([['scheduler.startRequested']]);
    expect(at(7999)).toEqual([]);
    world.ours.add('t1');
    expect(answers(at(8000))).toEqual([['success', nameOf('t1')]]);
    expect(at(9000)).toEqual([]);
  });

  it('said again while one is on its way is the same start', () => {
    const { hear, at, world } = about(groups);
    hear(start);
    expect(hear(start)).toEqual([]);
    world.ours.add('t1');
    expect(answers(at(100))).toHaveLength(1);
    expect(told(hear(start))).toEqual([['scheduler.startRequested']]);
  });

  it('is too many after eight seconds', () => {
    const { hear, at } = about(groups);
    hear(start);
    expect(answers(at(8000))).toEqual([['tooMany', '']]);
    expect(answers(at(8250))).toEqual([]);
  });

  it('is too many at once where the cap is reached', () => {
    const { hear } = about(groups, groups ? [] : ['t1'], groups ? 0 : 1);
    expect(answers(hear(start))).toEqual([['tooMany', '']]);
  });

  it('declares no worker, because one that never comes would block its place', () => {
    const { hear, at, world } = about(groups);
    hear(start);
    world.ours.add('t1');
    expect(at(1)).toEqual([
      { type: 'answer', answer: expect.objectContaining({ workerIds: [], capabilities }) },
    ]);
  });
});

describe('groups', () => {
  it('are known again by their task after a restart, and told again when more is asked for', () => {
    const { hear } = about(true, ['old']);
    expect(answers(hear(start))).toEqual([['success', 'ecs-old']]);
    expect(told(hear(start))).toEqual([['scheduler.startRequested']]);
  });

  it('that nobody knows are shut down with success, so that they are forgotten', () => {
    const { hear, at } = about(true, ['t1']);
    expect(hear(shutdownGroup('ecs-gone'))).toEqual([]);
    hear(shutdownGroup('not ours'));
    // They may be another manager's, who is asked with its own next heartbeat.
    expect(at(4999)).toEqual([]);
    expect(answers(at(5000))).toEqual([
      ['success', 'ecs-gone'],
      ['success', 'not ours'],
    ]);
    expect(at(5250)).toEqual([]);
  });

  it('that were ours and are over are shut down with success at once', () => {
    const { hear, at, world } = about(true);
    hear(start);
    world.ours.add('t1');
    at(250);
    world.ours.delete('t1');
    at(500);
    expect(answers(hear(shutdownGroup('ecs-t1')))).toEqual([['success', 'ecs-t1']]);
  });

  it('that are over, or not ours at all, are counted: they take up room in its books', () => {
    const { hear, at, world, strange } = about(true);
    hear(start);
    world.ours.add('t1');
    at(250);
    expect(strange()).toBe(0);
    world.ours.delete('t1');
    at(500);
    expect(strange()).toBe(1);
    world.groups = { known: new Set(['ecs-t1', 'of another', 'ecs-t2']), calmSince: null };
    world.ours.add('t2');
    expect(strange()).toBe(2);
    world.groups = null;
    hear(shutdownGroup('ecs-t1'));
    expect(strange()).toBe(0);
  });

  it('that an earlier run left without a journal go as soon as they are found', () => {
    const { hear, at, world } = about(true);
    world.complete = false;
    expect(hear(shutdownGroup('ecs-old'))).toEqual([]);
    hear(shutdownGroup('ecs-gone'));
    expect(at(9000)).toEqual([]);
    world.ours.add('old');
    const said = at(9250);
    expect(answers(said)).toEqual([['success', 'ecs-old']]);
    expect(told(said)).toEqual([['release', 'old']]);
    world.complete = true;
    expect(answers(at(9500))).toEqual([['success', 'ecs-gone']]);
  });

  it('that the scheduler knows already are no answer to a start', () => {
    const { hear, world } = about(true, ['old', 'new']);
    world.groups = { known: new Set(['ecs-old']), calmSince: null };
    expect(answers(hear(start))).toEqual([['success', 'ecs-new']]);
    expect(told(hear(start))).toEqual([['scheduler.startRequested']]);
  });

  it('that it does not know, having been replaced, go once it has had no work for long', () => {
    const { hear, at, world } = about(true, ['old', 'lost', 'told']);
    world.groups = { known: new Set(['ecs-old']), calmSince: null };
    expect(answers(hear(start))).toEqual([['success', 'ecs-lost']]);
    expect(at(100_000)).toEqual([]);
    world.groups = { ...world.groups, calmSince: 100_000 };
    expect(at(129_999)).toEqual([]);
    expect(told(at(130_000))).toEqual([['release', 'told']]);
  });

  it('that are known go, and are released again while they are still there', () => {
    const { hear, at, world } = about(true, ['t1']);
    const said = hear(shutdownGroup('ecs-t1'));
    expect(answers(said)).toEqual([['success', 'ecs-t1']]);
    expect(told(said)).toEqual([['release', 't1']]);
    expect(at(9000)).toEqual([]);
    expect(told(at(10_001))).toEqual([['release', 't1']]);
    world.ours.delete('t1');
    expect(at(30_000)).toEqual([]);
  });

  it('that came too late for their start wait a minute for the next one', () => {
    const { hear, at, world } = about(true);
    hear(start);
    at(8000);
    world.ours.add('late');
    expect(at(9000)).toEqual([]);
    const other = about(true);
    other.hear(start);
    other.at(8000);
    other.world.ours.add('late');
    other.at(9000);
    expect(answers(other.hear(start))).toEqual([['success', 'ecs-late']]);
    expect(told(at(69_001))).toEqual([['release', 'late']]);
    expect(other.at(69_001)).toEqual([]);
  });
});

describe('named workers', () => {
  it('take their task along once all of them were named, and never three others for one', () => {
    const { hear } = about(false, ['t1', 't2']);
    const said = hear(shutdown(worker('t1', 1), worker('t2', 1)));
    expect(answers(said)).toEqual([['success', '']]);
    expect(told(said)).toEqual([]);
    expect(told(hear(shutdown(worker('t1', 1))))).toEqual([]);
    expect(told(hear(shutdown(worker('t1', 2))))).toEqual([['release', 't1']]);
  });

  it('are those of the latest list: one list spares whom the next one names', () => {
    const { hear } = about(false, ['t1', 't2']);
    expect(told(hear(shutdown(worker('t1', 1), worker('t2', 1))))).toEqual([]);
    expect(told(hear(shutdown(worker('t1', 2), worker('t2', 2))))).toEqual([]);
  });

  it('take it along when it is idle as a whole, now or soon', () => {
    const { hear, at, world } = about(false, ['t1']);
    world.loads.set('t1', { workers: 2, tasks: 1 });
    expect(told(hear(shutdown(worker('t1', 1))))).toEqual([]);
    world.loads.set('t1', { workers: 2, tasks: 0 });
    expect(told(at(250))).toEqual([['release', 't1']]);
  });

  it('count by those that are connected, where the monitor tells', () => {
    const { hear, world } = about(false, ['t1']);
    world.loads.set('t1', { workers: 1, tasks: 1 });
    expect(told(hear(shutdown(worker('t1', 1))))).toEqual([['release', 't1']]);
  });

  it('are forgotten after a while, and when more is asked for', () => {
    const { hear, at, world } = about(false, ['t1']);
    hear(shutdown(worker('t1', 1)));
    at(30_001);
    expect(told(hear(shutdown(worker('t1', 2))))).toEqual([]);
    hear(start);
    world.at = 31_000;
    expect(told(hear(shutdown(worker('t1', 1))))).not.toContainEqual(['release', 't1']);
  });

  it('of a scheduler that has just come back are not gone yet: it has not found its clients again', () => {
    const sight = { at: 0, ours: new Set(['t1']), loads: new Map(), complete: true, groups: null };
    const talk = conversation({ maxTasks: 4, workersPerTask: 1, capabilities }, false, sight, 1000);
    const hear = (at: number) => talk.hear(shutdown(worker('t1', 1)), { ...sight, at });
    const said = hear(999);
    expect([answers(said), told(said)]).toEqual([[['success', '']], []]);
    expect(told(hear(1000))).toEqual([['release', 't1']]);
  });

  it('of others are answered and left alone', () => {
    const { hear } = about(false, ['t1']);
    const said = hear(shutdown('Worker|NAT|x|1', worker('foreign', 1), worker('foreign', 2)));
    expect(answers(said)).toEqual([['success', '']]);
    expect(told(said)).toEqual([]);
  });
});

describe('what was refused to a scheduler that then waits for more workers', () => {
  it('is tried again until a task is there', () => {
    const { hear, at, world } = about(false);
    hear(start);
    at(8000);
    expect(told(at(15_999))).toEqual([]);
    expect(told(at(16_000))).toEqual([['scheduler.startRequested']]);
    world.ours.add('t1');
    expect(at(24_000)).toEqual([]);
    world.ours.delete('t1');
    expect(told(at(24_250))).toEqual([['scheduler.startRequested']]);
  });

  it('is settled once its workers are connected, or when it speaks again', () => {
    const { hear, at, world } = about(false);
    hear(start);
    at(8000);
    world.ours.add('t1');
    world.loads.set('t1', { workers: 2, tasks: 0 });
    expect(told(at(9000))).toEqual([['release']]);
    expect(at(60_000)).toEqual([]);
    const other = about(false);
    other.hear(start);
    other.at(8000);
    expect(told(other.hear(shutdown()))).toEqual([['release']]);
    expect(other.at(60_000)).toEqual([]);
  });
});

describe('no answer of ours ends a scheduler', () => {
  const statuses = { g1: { start: [4, 5], shutdown: [5] }, g2: { start: [0, 3], shutdown: [3] } };

  it.each(['g1', 'g2'] as const)('%s reads statuses that it knows', (generation) => {
    const { hear, at, world } = about(generation === 'g1', ['t1']);
    const sayings = [
      ...hear(start),
      ...hear(start),
      ...at(8000),
      ...hear(shutdownGroup('x')),
      ...hear(shutdown(worker('t1', 1), worker('t1', 2))),
    ];
    world.ours.add('t2');
    sayings.push(...at(16_000), ...hear(start));
    const seen = sayings.flatMap((each) => {
      if (each.type !== 'answer') return [];
      const bytes = encodeCommandResponse(generation, each.answer);
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      // Segment table, root pointer, union word, its pointer; then the answer's own data word.
      const [command, status] = [view.getUint16(32, true), view.getUint16(34, true)];
      expect(statuses[generation][command === 0 ? 'start' : 'shutdown']).toContain(status);
      return [command];
    });
    expect(new Set(seen)).toEqual(new Set([0, 1]));
  });

  it.each(['g3', 'g4'] as const)('%s gets none at all', (generation) => {
    const answer = {
      command: 'start' as const,
      outcome: 'success' as const,
      groupId: '',
      workerIds: [],
      capabilities: [],
    };
    expect(() => encodeCommandResponse(generation, answer)).toThrow('takes no answer');
  });
});
