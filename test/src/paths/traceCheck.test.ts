import { describe, expect, it } from 'vitest';
import { checkTrace, traceText } from '../../../src/paths/traceCheck.ts';
import { seenInLog, seenInRecording } from '../../../src/paths/traces.ts';
import { recordSeed } from '../../simulation/recordSeed.ts';
import { scriptOf } from '../../simulation/script.ts';

const header =
  '{"header":{"format":"scaler-ecs recording","version":1,"of":"test","startedAt":1000}}';
const born =
  '{"at":1000,"actor":5,"born":"group.g","machine":"workerGroup","parent":null,"state":"requested","context":{}}';
const step = (type: string, took: string[], state?: unknown) =>
  JSON.stringify({
    at: 1001,
    actor: 5,
    event: { type },
    took,
    ...(state !== undefined && { state }),
  });
const recorded = (...lines: string[]) =>
  checkTrace(seenInRecording([header, born, ...lines].join('\n')));
const whys = ({ disallowed }: ReturnType<typeof checkTrace>) => disallowed.map(({ why }) => why);

const launched = step('group.launched', ['requested/group.launched/2'], 'provisioning');

describe('checkTrace, of a recording', () => {
  it('allows what the chart allows, and counts what was reached', () => {
    const report = recorded(
      launched,
      step('task.registered', ['provisioning/task.registered/0'], 'running'),
      step('task.registered', ['running/task.registered/0']),
    );
    expect(report.disallowed).toEqual([]);
    expect(report.transitions).toBe(3);
    const group = report.coverage.find(({ machine }) => machine === 'workerGroup');
    expect(group).toMatchObject({ actors: 1, states: { reached: 3 }, edges: { taken: 3 } });
    expect(group?.edges?.missing).not.toContain('running/task.registered/0');
  });

  it.each([
    [
      'a state that no transition leads to',
      [step('group.launched', ['requested/group.launched/2'], 'running')],
      'the transitions lead to provisioning',
    ],
    [
      'a transition of a state that is not active',
      [step('task.running', ['provisioning/task.running/0'], 'running')],
      'provisioning/task.running/0 does not leave a state that is active',
    ],
    [
      'a transition that is not in the chart',
      [step('task.running', ['requested/task.running/0'], 'running')],
      'there is no transition requested/task.running/0',
    ],
    [
      'another event than that of the transition',
      [step('group.drain', ['requested/group.launched/2'], 'provisioning')],
      'requested/group.launched/2 is not for this event',
    ],
    [
      'a state that is left without a transition',
      [launched, step('task.running', [], 'running')],
      'no transition was taken',
    ],
  ])('finds %s', (_, steps, why) => {
    expect(whys(recorded(...steps))).toContain(why);
  });

  it('names the first that is not allowed, with its line', () => {
    const report = recorded(launched, step('task.running', [], 'running'));
    expect(traceText(report)).toContain(
      'the first, at line 4: group.g #5 (workerGroup) went from provisioning to running on task.running: no transition was taken',
    );
  });

  it('allows everything that a seed of the simulation does', async () => {
    const { lines } = await recordSeed(scriptOf(3));
    const report = checkTrace(seenInRecording(lines.join('\n')));
    expect(report.disallowed).toEqual([]);
    expect(report.transitions).toBeGreaterThan(200);
  }, 60_000);
});

const logged = (event: string, state: string, fields = {}) =>
  JSON.stringify({ level: 'debug', time: '2026-11-26T12:00:00.000Z', ...fields, state, event });
const inLog = (...lines: string[]) => checkTrace(seenInLog(lines.join('\n')));

describe('checkTrace, of a log', () => {
  const of = { group: 'g' };

  it('allows states that one event leads to', () => {
    const report = inLog(
      logged('group.stateChanged', 'requested', of),
      'a line of another program',
      logged('group.stateChanged', 'provisioning', of),
      logged('group.stateChanged', 'running', of),
      logged('group.stateChanged', 'draining.waiting', of),
      logged('group.stateChanged', 'stopped', of),
    );
    expect(report.disallowed).toEqual([]);
    expect(report.transitions).toBe(4);
    expect(report.coverage.find(({ machine }) => machine === 'workerGroup')?.edges).toBeNull();
  });

  it('finds a state that no event leads to, and one that does not exist', () => {
    const back = inLog(
      logged('group.stateChanged', 'provisioning', of),
      logged('group.stateChanged', 'running', of),
      logged('group.stateChanged', 'provisioning', of),
    );
    expect(whys(back)).toEqual(['no transition leads there']);
    expect(whys(inLog(logged('group.stateChanged', 'walking', of)))).toEqual([
      'there is no such state',
    ]);
  });

  it('begins anew where the daemon does, and follows managers apart from each other', () => {
    const a = { ...of, manager: 'a' };
    const b = { ...of, manager: 'b' };
    const report = inLog(
      logged('group.stateChanged', 'provisioning', a),
      logged('group.stateChanged', 'running', a),
      logged('group.stateChanged', 'provisioning', b),
      JSON.stringify({ level: 'info', event: 'daemon.started' }),
      logged('group.stateChanged', 'provisioning', a),
    );
    expect(report.disallowed).toEqual([]);
  });
});
