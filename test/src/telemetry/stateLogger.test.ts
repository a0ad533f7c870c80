import { expect, it } from 'vitest';
import { createActor, createMachine } from 'xstate';
import { stateObserver } from '../../../src/telemetry/stateLogger.ts';

const lines: [level: string, fields: Record<string, unknown>, event: string][] = [];
const level = (name: string) => (fields: object, event: string) =>
  lines.push([name, fields as Record<string, unknown>, event]);
const log = {
  debug: level('debug'),
  info: level('info'),
  warn: level('warn'),
  error: level('error'),
};

it('says once where a machine is, loudly when a person should act, and never a whole context', () => {
  const session = createMachine({
    id: 'session',
    context: { trouble: 'refused', secret: 'hunter2' },
    initial: 'ready',
    states: {
      ready: { on: { quiet: 'unresponsive', echo: {} } },
      unresponsive: { initial: 'beating', states: { beating: {} } },
    },
  });
  const actor = createActor(session, { inspect: stateObserver(log, false) }).start();
  actor.send({ type: 'echo' });
  actor.send({ type: 'quiet' });
  expect(lines.map(([name, { state }, event]) => [name, state, event])).toEqual([
    ['info', 'ready', 'session.state'],
    ['warn', 'unresponsive.beating', 'session.state'],
  ]);
  expect(lines[1]?.[1].meaning).toContain('another manager');
  expect(JSON.stringify(lines)).toContain('refused');
  expect(JSON.stringify(lines)).not.toContain('hunter2');
});

it.each([true, false])(
  'names the groups of a launch in one line, and the routine only to the thorough: %s',
  (thorough) => {
    lines.splice(0);
    const launch = createMachine({
      id: 'launch',
      context: { groupIds: ['e-1-0', 'e-1-1'], lastFailure: { kind: 'unreachable' } },
      initial: 'journaling',
      states: {
        journaling: { on: { go: 'requesting' } },
        requesting: { on: { fail: 'outcomeUnknown' } },
        outcomeUnknown: {},
      },
    });
    const actor = createActor(launch, {
      id: 'launch.e-1',
      inspect: stateObserver(log, thorough),
    }).start();
    actor.send({ type: 'go' });
    actor.send({ type: 'fail' });
    const groups = ['e-1-0', 'e-1-1'];
    const trouble = { kind: 'unreachable' };
    expect(lines).toEqual([
      ['info', { actor: 'e-1', state: 'journaling', groups, trouble }, 'launch.state'],
      ...(thorough
        ? [['debug', { actor: 'e-1', state: 'requesting', groups, trouble }, 'launch.state']]
        : []),
      ['info', { actor: 'e-1', state: 'outcomeUnknown', groups, trouble }, 'launch.state'],
    ]);
  },
);
