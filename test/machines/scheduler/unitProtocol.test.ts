import { describe, expect, it } from 'vitest';
import type { CommandResponse } from '../../../machines/scheduler/messages.ts';
import { encodeCommandResponse } from '../../../src/scheduler/protocol/codec.ts';
import {
  about,
  answers,
  capabilities,
  shutdown,
  shutdownGroup,
  start,
  told,
  worker,
} from '../../support/unitDialogue.ts';

describe.each([true, false])('a start (groups: %s)', (groups) => {
  const nameOf = (taskId: string) => (groups ? `ecs-${taskId}` : '');

  it('is answered when its task has a name, not before, and once', () => {
    const { hear, at, world } = about(groups);
    expect(told(hear(start))).toEqual([['start']]);
    expect(at(7999)).toEqual([]);
    world.ours.add('t1');
    expect(answers(at(8000))).toEqual([['success', nameOf('t1')]]);
    expect(at(9000)).toEqual([]);
  });

  it('repeated while its task is on its way is the same start', () => {
    const { hear, at, world } = about(groups);
    hear(start);
    expect(hear(start)).toEqual([]);
    world.ours.add('t1');
    expect(answers(at(100))).toHaveLength(1);
    expect(told(hear(start))).toEqual([['start']]);
  });

  it('is too many after eight seconds', () => {
    const { hear, at } = about(groups);
    hear(start);
    const said = at(8000);
    expect(answers(said)).toEqual([['tooMany', '']]);
    // Workers may be asked for once more; a group that comes too late is not to be replaced.
    expect(told(said)).toEqual(groups ? [['release']] : []);
    expect(at(8250)).toEqual([]);
  });

  it('is too many at once where the cap is reached', () => {
    const { hear } = about(groups, groups ? [] : ['t1'], groups ? 0 : 1);
    expect(answers(hear(start))).toEqual([['tooMany', '']]);
  });

  it('is not refused for the limit because of a task that is to go', () => {
    const { hear, at, world } = about(groups, ['t1'], 1);
    if (groups) hear(start);
    expect(answers(hear(start))).toEqual([['tooMany', '']]);
    hear(groups ? shutdownGroup('ecs-t1') : shutdown(worker('t1', 1), worker('t1', 2)));
    expect(told(hear(start))).toEqual([['start']]);
    world.ours.add('t2');
    expect(answers(at(1))).toEqual([['success', nameOf('t2')]]);
  });

  it('declares no worker, because one that never comes would block its place', () => {
    const { hear, at, world } = about(groups);
    hear(start);
    world.ours.add('t1');
    expect(at(1)).toContainEqual({
      type: 'respond',
      response: expect.objectContaining({ workerIds: [], capabilities }),
    });
  });

  it('is over for the fleet with its answer: a task that was found may be that, while a launch is held back', () => {
    const { hear, at, world } = about(groups);
    expect(told(hear(start))).toEqual([['start']]);
    world.ours.add('found');
    const said = at(1);
    expect(answers(said)).toEqual([['success', groups ? 'ecs-found' : '']]);
    expect(said[0]).toEqual({ type: 'requestShutdown', taskIds: [] });
    expect(at(2)).toEqual([]);
  });
});

describe('a start of workers that was refused', () => {
  it('is answered by its task when the scheduler asks once more before that has connected', () => {
    const { hear, at, world } = about(false);
    hear(start);
    expect(answers(at(8000))).toEqual([['tooMany', '']]);
    world.ours.add('late');
    expect(at(9000)).toEqual([]);
    const said = hear(start);
    expect(answers(said)).toEqual([['success', '']]);
    // The fleet may have found that task, and still want one for the start that is answered now.
    expect(told(said)).toEqual([['release']]);
    // The next one is another start.
    expect(told(hear(start))).toEqual([['start']]);
  });

  it('leaves a later start alone, which a task that was found answers as well', () => {
    const { hear, at, world } = about(false);
    hear(start);
    world.ours.add('a').add('b');
    expect(answers(at(100))).toEqual([['success', '']]);
    const said = hear(start);
    expect([answers(said), told(said)]).toEqual([[['success', '']], []]);
  });

  it('is refused at once when the scheduler names workers for shutdown meanwhile', () => {
    const { hear, at } = about(false, ['t1', 't2']);
    hear(start);
    const said = hear(shutdown(worker('t1', 1), worker('t1', 2)));
    expect(answers(said)).toEqual([
      ['success', ''],
      ['tooMany', ''],
    ]);
    expect(told(said)).toEqual([['release'], ['release', 't1']]);
    // Not tried again.
    expect(at(5000)).toEqual([]);
    expect(at(9000)).toEqual([]);
  });

  it('is tried again until its task has come, and not because another task has gone', () => {
    const { hear, at, world } = about(false, ['old']);
    hear(start);
    at(8000);
    expect(told(at(16_000))).toEqual([['start']]);
    world.ours.add('late');
    world.ours.delete('old');
    expect(at(24_000)).toEqual([]);
  });

  it('is tried again only while the limit leaves room, where a task that is to go takes none', () => {
    const { hear, at, world } = about(false, ['t1'], 1);
    hear(start);
    expect(at(8000)).toEqual([]);
    world.ours.delete('t1');
    expect(told(at(8250))).toEqual([['start']]);
    const other = about(false, ['t1', 't2'], 2);
    other.hear(shutdown(worker('t1', 1), worker('t1', 2)));
    other.hear(start);
    other.at(8000);
    expect(told(other.at(16_000))).toContainEqual(['start']);
  });

  it('is over when its task has connected: the next start is another one', () => {
    const { hear, at, world } = about(false);
    hear(start);
    at(8000);
    world.ours.add('late');
    world.loads.set('late', { workers: 2, tasks: 0 });
    expect(told(at(9000))).toEqual([['release']]);
    expect(told(hear(start))).toEqual([['start']]);
  });

  it('is over when one of several has connected: another one is the answer to the next start', () => {
    const { hear, at, world } = about(false);
    hear(start);
    at(8000);
    world.ours.add('found').add('late');
    world.loads.set('found', { workers: 2, tasks: 0 });
    expect(told(at(9000))).toEqual([['release']]);
    const said = hear(start);
    expect([answers(said), told(said)]).toEqual([[['success', '']], []]);
    expect(told(hear(start))).toEqual([['start']]);
  });
});

describe('groups', () => {
  it('are known again by their task after a restart, and told again when more is asked for', () => {
    const { hear } = about(true, ['old']);
    expect(answers(hear(start))).toEqual([['success', 'ecs-old']]);
    expect(told(hear(start))).toEqual([['start']]);
  });

  it('that no manager knows are shut down with success, so that the scheduler forgets them', () => {
    const { hear, at } = about(true, ['t1']);
    // It may be another manager's, which is asked with its own next heartbeat.
    for (const ms of [0, 2000, 4000]) {
      at(ms);
      expect(hear(shutdownGroup('ecs-gone'))).toEqual([]);
    }
    expect(at(5999)).toEqual([]);
    at(6000);
    expect(answers(hear(shutdownGroup('ecs-gone')))).toEqual([['success', 'ecs-gone']]);
    expect(at(6250)).toEqual([]);
    // Asked once more, it is another question.
    expect(hear(shutdownGroup('ecs-gone'))).toEqual([]);
  });

  it('that no manager knows are shut down as soon as an inventory shows that they are not ours', () => {
    const asked = (last: number, completeAt: number) => {
      const { hear, at, world } = about(true, ['t1']);
      world.complete = false;
      for (let ms = 0; ms <= last; ms += last / 4) {
        at(ms);
        expect(hear(shutdownGroup('ecs-gone'))).toEqual([]);
      }
      world.complete = true;
      const said = at(completeAt);
      return [answers(said), told(said), at(completeAt + 250)];
    };
    expect(asked(8000, 8100)).toEqual([[['success', 'ecs-gone']], [], []]);
    expect(asked(5000, 7999)).toEqual([[['success', 'ecs-gone']], [], []]);
    // Not asked again for five seconds, or not any more: another manager may have been asked.
    expect(asked(4999, 5500)).toEqual([[], [], []]);
    expect(asked(8000, 11_000)).toEqual([[], [], []]);
  });

  it('that are asked for again after one and a half heartbeats are another question', () => {
    const asked = (gap: number) => {
      const { hear, at } = about(true);
      return [0, gap, 2 * gap].map((ms) => {
        at(ms);
        return answers(hear(shutdownGroup('ecs-gone'))).length;
      });
    };
    expect(asked(2999)).toEqual([0, 0, 1]);
    expect(asked(3000)).toEqual([0, 0, 0]);
  });

  it('that the scheduler stops asking for are left to the manager that has answered', () => {
    const { hear, at } = about(true, ['t1']);
    hear(shutdownGroup('not ours'));
    expect(at(10_000)).toEqual([]);
    // Asked again later, it is another question: the other manager may not have been asked yet.
    expect(hear(shutdownGroup('not ours'))).toEqual([]);
    at(12_999);
    expect(hear(shutdownGroup('not ours'))).toEqual([]);
    at(15_000);
    expect(answers(hear(shutdownGroup('not ours')))).toEqual([['success', 'not ours']]);
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

  it('that are over are counted until the scheduler shuts them down, each by itself', () => {
    const { hear, at, world, strange } = about(true, ['t1', 't2', 't3']);
    for (let n = 0; n < 3; n++) hear(start);
    world.ours.delete('t1');
    world.ours.delete('t2');
    at(250);
    expect(strange()).toBe(2);
    hear(shutdownGroup('ecs-t1'));
    expect(strange()).toBe(1);
    at(500);
    expect(strange()).toBe(1);
  });

  it('that were shut down are not counted when they are over, and the others stay known', () => {
    const { hear, at, world, strange } = about(true, ['t1', 't2']);
    hear(start);
    hear(start);
    hear(shutdownGroup('ecs-t1'));
    world.ours.delete('t1');
    at(250);
    expect(strange()).toBe(0);
    expect(told(hear(start))).toEqual([['start']]);
  });

  it('that are over or not ours are counted: the scheduler counts them against the limit', () => {
    const { hear, at, world, strange } = about(true);
    hear(start);
    world.ours.add('t1');
    at(250);
    expect(strange()).toBe(0);
    world.ours.delete('t1');
    at(500);
    expect(strange()).toBe(1);
    world.groups = { known: ['ecs-t1', 'of another', 'ecs-t2'], calm: null };
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
    for (const ms of [7000, 9000]) {
      expect(at(ms)).toEqual([]);
      expect(hear(shutdownGroup('ecs-gone'))).toEqual([]);
    }
    world.ours.add('old');
    const said = at(9250);
    expect(answers(said)).toEqual([['success', 'ecs-old']]);
    expect(told(said)).toEqual([['release', 'old']]);
    expect(at(9500)).toEqual([]);
    world.complete = true;
    at(11_500);
    hear(shutdownGroup('ecs-gone'));
    at(14_000);
    expect(answers(hear(shutdownGroup('ecs-gone')))).toEqual([['success', 'ecs-gone']]);
  });

  it('that the scheduler knows already are no answer to a start', () => {
    const { hear, world } = about(true, ['old', 'new']);
    world.groups = { known: ['ecs-old'], calm: null };
    expect(answers(hear(start))).toEqual([['success', 'ecs-new']]);
    expect(told(hear(start))).toEqual([['start']]);
  });

  it('that it does not know, having been replaced, go once it has had no work for long', () => {
    const { hear, at, world } = about(true, ['old', 'lost', 'told']);
    world.groups = { known: ['ecs-old'], calm: null };
    expect(answers(hear(start))).toEqual([['success', 'ecs-lost']]);
    expect(at(100_000)).toEqual([]);
    world.groups = { ...world.groups, calm: { since: 100_000, until: 129_999 } };
    // A list that is old shows nothing of the time since.
    expect(at(130_000)).toEqual([]);
    world.groups = { ...world.groups, calm: { since: 100_000, until: 130_000 } };
    world.loads.set('told', { workers: 1, tasks: 1 });
    expect(told(at(130_000))).toEqual([]);
    world.loads.delete('told');
    expect(told(at(160_001))).toEqual([]);
    world.groups = { ...world.groups, calm: { since: 100_000, until: 130_002 } };
    expect(told(at(160_002))).toEqual([['release', 'told']]);
  });

  it('that it has forgotten on the same connection are told again, or go once it has had no work for long', () => {
    const { hear, at, world } = about(true, ['a', 'b']);
    world.groups = { known: ['ecs-a', 'ecs-b'], calm: null };
    expect(told(hear(start))).toEqual([['start']]);
    world.ours.add('c');
    expect(answers(at(1000))).toEqual([['success', 'ecs-c']]);
    // The manager stood still, and the scheduler has forgotten it.
    world.groups = { known: [], calm: null };
    expect(at(60_000)).toEqual([]);
    // The list is older than the answer.
    world.groups = { known: ['ecs-c'], calm: null };
    expect(at(149_999)).toEqual([]);
    expect(at(150_000)).toEqual([]);
    expect(answers(hear(start))).toEqual([['success', 'ecs-a']]);
    const known = ['ecs-a', 'ecs-c'];
    world.groups = { known, calm: { since: 150_000, until: 179_999 } };
    expect(at(179_999)).toEqual([]);
    world.groups = { known, calm: { since: 150_000, until: 180_000 } };
    expect(told(at(180_000))).toEqual([['release', 'b']]);
  });

  it('that it has not forgotten are not told again: those that are shown, and those hidden for less long', () => {
    const shown = about(true, ['a']);
    shown.world.groups = { known: ['ecs-a'], calm: null };
    shown.at(0);
    shown.at(85_000);
    expect(told(shown.hear(start))).toEqual([['start']]);
    expect(shown.at(90_000)).toEqual([]);
    const { hear, at, world } = about(true, ['b', 'c']);
    const show = (ms: number, ...known: string[]) => {
      world.groups = { known, calm: null };
      at(ms);
    };
    for (const taskId of ['b', 'c'])
      expect(answers(hear(start))).toEqual([['success', `ecs-${taskId}`]]);
    show(0);
    show(1000, 'ecs-c');
    show(50_000);
    show(90_000);
    expect(answers(hear(start))).toEqual([['success', 'ecs-b']]);
    expect(told(hear(start))).toEqual([['start']]);
  });

  it('that no monitor stream shows are not taken for forgotten', () => {
    const { hear, at, world } = about(true, ['a']);
    world.groups = { known: [], calm: null };
    expect(answers(hear(start))).toEqual([['success', 'ecs-a']]);
    at(1000);
    world.groups = null;
    at(100_000);
    world.groups = { known: [], calm: null };
    at(101_000);
    expect(told(hear(start))).toEqual([['start']]);
  });

  it('that the scheduler has forgotten did not come too late for a start that was refused', () => {
    const { hear, at, world } = about(true);
    hear(start);
    world.ours.add('a');
    expect(answers(at(250))).toEqual([['success', 'ecs-a']]);
    hear(start);
    expect(answers(at(8250))).toEqual([['tooMany', '']]);
    world.groups = { known: [], calm: null };
    for (const ms of [9000, 99_000, 100_000, 170_000, 300_000]) expect(at(ms)).toEqual([]);
  });

  it('that are known go, and are released again while they are still there', () => {
    const { hear, at, world } = about(true, ['t1']);
    const said = hear(shutdownGroup('ecs-t1'));
    expect(answers(said)).toEqual([['success', 'ecs-t1']]);
    expect(told(said)).toEqual([['release', 't1']]);
    expect(at(10_000)).toEqual([]);
    expect(told(at(10_001))).toEqual([['release', 't1']]);
    world.ours.delete('t1');
    expect(at(30_000)).toEqual([]);
  });

  it('that came too late for their start wait a minute for the next one', () => {
    const { hear, at, world } = about(true, ['answer']);
    hear(start);
    hear(start);
    at(8000);
    expect(at(8250)).toEqual([]);
    world.ours.add('late');
    expect(at(9000)).toEqual([]);
    expect(at(69_000)).toEqual([]);
    const other = about(true);
    other.hear(start);
    other.at(8000);
    other.world.ours.add('late');
    other.at(9000);
    expect(answers(other.hear(start))).toEqual([['success', 'ecs-late']]);
    expect(told(at(69_001))).toEqual([['release', 'late']]);
    expect(other.at(69_001)).toEqual([]);
    // Several at once are no late start: they were found, and the scheduler may know them.
    const found = about(true);
    found.hear(start);
    found.at(8000);
    found.world.ours.add('a').add('b');
    expect(found.at(9000)).toEqual([]);
    expect(found.at(100_000)).toEqual([]);
  });

  it('that the monitor stream shows as known did not come too late for a start that was refused', () => {
    const { hear, at, world } = about(true);
    hear(start);
    at(8000);
    world.ours.add('a');
    at(9000);
    world.groups = { known: ['ecs-a'], calm: null };
    expect(at(69_000)).toEqual([]);
    expect(at(69_001)).toEqual([]);
  });

  it('that come without a start, or after one that was refused for the limit, are not late', () => {
    const { hear, at, world } = about(true, ['t1'], 1);
    hear(start);
    world.ours.add('t2');
    at(1000);
    expect(answers(hear(start))).toEqual([['success', 'ecs-t2']]);
    expect(answers(hear(start))).toEqual([['tooMany', '']]);
    world.ours.add('t3');
    at(2000);
    expect(at(100_000)).toEqual([]);
    const other = about(true);
    other.world.ours.add('t1');
    other.at(1000);
    expect(other.at(100_000)).toEqual([]);
  });
});

describe('a start that was refused to a scheduler that then waits for more workers', () => {
  it('is tried again until a task is there', () => {
    const { hear, at, world } = about(false);
    hear(start);
    at(8000);
    expect(told(at(15_999))).toEqual([]);
    expect(told(at(16_000))).toEqual([['start']]);
    world.ours.add('t1');
    expect(at(24_000)).toEqual([]);
    world.ours.delete('t1');
    expect(told(at(24_250))).toEqual([['start']]);
  });

  it('is settled once the workers of one of several tasks that have come are connected', () => {
    const { hear, at, world } = about(false);
    hear(start);
    at(8000);
    world.ours.add('t1');
    world.ours.add('t2');
    world.loads.set('t2', { workers: 2, tasks: 0 });
    expect(told(at(9000))).toEqual([['release']]);
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

it('a start that was refused is not settled by workers that were there before, shown only now', () => {
  const { hear, at, world } = about(false, ['t0']);
  hear(start);
  at(8000);
  world.ours.add('t1');
  world.loads.set('t0', { workers: 2, tasks: 0 });
  expect(at(9000)).toEqual([]);
  expect(answers(hear(start))).toEqual([['success', '']]);
  world.ours.delete('t1');
  const other = about(false, ['t0']);
  other.hear(start);
  other.at(8000);
  other.world.loads.set('t0', { workers: 2, tasks: 0 });
  expect(told(other.at(9000))).toEqual([['release']]);
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
      if (each.type !== 'respond') return [];
      const bytes = encodeCommandResponse(generation, each.response);
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      // Segment table, root pointer, union word, its pointer; then the answer's own data word.
      const [command, status] = [view.getUint16(32, true), view.getUint16(34, true)];
      expect(statuses[generation][command === 0 ? 'start' : 'shutdown']).toContain(status);
      return [command];
    });
    expect(new Set(seen)).toEqual(new Set([0, 1]));
  });

  it.each(['g3', 'g4'] as const)('%s gets none at all', (generation) => {
    const answer: CommandResponse = {
      command: 'start' as const,
      outcome: 'success' as const,
      groupId: '',
      workerIds: [],
      capabilities: [],
    };
    expect(() => encodeCommandResponse(generation, answer)).toThrow('takes no answer');
  });
});
