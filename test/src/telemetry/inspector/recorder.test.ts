import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { fleetManager } from '../../../../machines/fleet/fleetManager.ts';
import { workerGroup } from '../../../../machines/group/workerGroup.ts';
import { createRecorder } from '../../../../src/telemetry/inspector/recorder.ts';
import type { Entry } from '../../../../src/telemetry/inspector/recording.ts';
import { fleetInput } from '../../../support/liveManager.ts';
import { scriptedStream, scriptedWorld } from '../../../support/world.ts';

const recording = () => {
  let at = 1000;
  const entries: Entry[] = [];
  const recorder = createRecorder({ now: () => at, record: (entry) => entries.push(entry) });
  return { recorder, entries, pass: (ms: number) => (at += ms) };
};

const startGroup = () => {
  const { recorder, entries, pass } = recording();
  const { actors } = scriptedWorld('stopTask', 'takeTurn');
  const group = createActor(workerGroup.provide({ actors }), {
    ...{ input: { groupId: 'g1' }, inspect: recorder.observe },
  });
  group.start();
  return { recorder, entries, pass, group };
};

const startManager = () => {
  const { recorder, entries, pass } = recording();
  const { actors } = scriptedWorld('inventory', 'journalAdoption');
  const provided = { ...actors, cohort: scriptedStream().logic as never };
  const manager = createActor(fleetManager.provide({ actors: provided }), {
    ...{ input: fleetInput, inspect: recorder.observe },
  });
  manager.start();
  return { entries, pass, manager };
};

describe('createRecorder', () => {
  it('records the start of an actor, its events with their transitions, its context and its end', () => {
    const { entries, pass, group } = startGroup();
    pass(5);
    group.send({ type: 'group.launched', taskArn: 'arn:aws:ecs:eu-west-1:123456789012:task/c/t1' });
    group.send({ type: 'task.registered' });
    group.send({ type: 'task.stopped', cause: 'exited', detail: 'secret words' });
    expect(entries[0]).toMatchObject({
      ...{ at: 1000, actor: 1, born: 'workerGroup', machine: 'workerGroup', parent: null },
      ...{ state: 'requested', context: { groupId: 'g1' } },
    });
    expect(entries.slice(1)).toEqual([
      {
        ...{ at: 1005, actor: 1, event: { type: 'group.launched', taskArn: 't1' } },
        ...{ took: ['requested/group.launched/2'], state: 'provisioning', set: { taskArn: 't1' } },
      },
      {
        ...{ at: 1005, actor: 1, event: { type: 'task.registered' }, state: 'running' },
        ...{ took: ['provisioning/task.registered/0'], set: { registered: true } },
      },
      {
        ...{ at: 1005, actor: 1, event: { type: 'task.stopped', cause: 'exited' } },
        ...{ took: ['/task.stopped/0'], state: 'stopped', set: { cause: 'exited' } },
      },
      {
        ...{ at: 1005, actor: 1, ended: 'done' },
        output: { groupId: 'g1', taskArn: 't1', cause: 'exited', registered: true },
      },
    ]);
  });

  it('records no free text and no account', () => {
    const { entries, group, recorder } = startGroup();
    group.send({ type: 'group.launched', taskArn: 'arn:aws:ecs:eu-west-1:123456789012:task/c/t1' });
    group.send({ type: 'task.failing', cause: 'interrupted', detail: 'password hunter2' });
    recorder.log.report('group.ended', {
      ...{ group: 'g1', task: 'arn:aws:ecs:eu-west-1:123456789012:task/c/t1' },
      ...{ cause: 'exited', detail: 'exit code 1', notInTheTable: 'hunter2' },
    } as never);
    const text = JSON.stringify(entries);
    expect(text).not.toContain('hunter2');
    expect(text).not.toContain('123456789012');
    expect(text).toContain('"task":"t1"');
  });

  it('records an event of the log with its words and its remedy, and no change of state', () => {
    const { entries, recorder } = recording();
    recorder.log.report('actor.crashed', { actor: 'group.g1', error: 'x is not a function' });
    recorder.log.report('group.stateChanged', { state: 'running', group: 'g1' } as never);
    expect(entries).toEqual([
      expect.objectContaining({
        ...{ report: 'actor.crashed', level: 'error' },
        sentence: expect.stringContaining('x is not a function'),
        remedy: expect.stringContaining('bug'),
      }),
    ]);
  });

  it('records of events that change nothing one of a kind a second, and how many there were', () => {
    const { entries, pass, manager } = startManager();
    const echoes = () =>
      entries.filter((one) => 'took' in one && one.event.type === 'scheduler.heartbeatEcho');
    manager.send({ type: 'scheduler.heartbeatEcho', at: 1 });
    for (let i = 0; i < 10; i++) manager.send({ type: 'scheduler.heartbeatEcho', at: 1 });
    const before = echoes().length;
    expect(before).toBeLessThanOrEqual(3);
    pass(1500);
    manager.send({ type: 'scheduler.heartbeatEcho', at: 2 });
    expect(echoes().slice(before)).toEqual([expect.objectContaining({ times: 9 })]);
  });

  it('records a killed process as the end of all', () => {
    const { entries, recorder } = startGroup();
    recorder.cut('killed');
    expect(entries.at(-1)).toEqual({ at: 1000, cut: 'killed' });
  });

  it('records the context of a large actor at most once a second', () => {
    const { entries, pass, manager } = startManager();
    for (let i = 0; i < 10; i++) {
      pass(200);
      manager.send({ type: 'tick', now: 10_000 + i });
    }
    const sets = entries.filter((entry) => !('took' in entry) && 'set' in entry);
    expect(sets.length).toBeLessThanOrEqual(2);
  });
});
