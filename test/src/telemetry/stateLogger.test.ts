import { beforeEach, expect, it } from 'vitest';
import { type AnyStateMachine, createActor, createMachine } from 'xstate';
import { cohort } from '../../../machines/cohort/cohort.ts';
import { daemon } from '../../../machines/daemon/daemon.ts';
import { fleetManager } from '../../../machines/fleet/fleetManager.ts';
import { launch } from '../../../machines/group/launch.ts';
import { workerGroup } from '../../../machines/group/workerGroup.ts';
import { monitor } from '../../../machines/scheduler/monitor.ts';
import { session } from '../../../machines/scheduler/session.ts';
import { definitionOf } from '../../../src/telemetry/events.ts';
import type { Log } from '../../../src/telemetry/log.ts';
import { stateChanges } from '../../../src/telemetry/stateChanges.ts';
import { stateLogger } from '../../../src/telemetry/stateLogger.ts';

const reports: [name: string, fields: Record<string, unknown>][] = [];
const log: Log = {
  report: (name, fields) => void reports.push([name, fields as Record<string, unknown>]),
};
beforeEach(() => reports.splice(0));

const machines: AnyStateMachine[] = [
  daemon,
  session,
  monitor,
  fleetManager,
  cohort,
  launch,
  workerGroup,
] as never;

it('reports a state once, under its own name where it has one, and never a whole context', () => {
  const machine = createMachine({
    id: 'session',
    context: { trouble: 'refused', secret: 'hunter2' },
    initial: 'online',
    states: {
      online: {
        initial: 'connected',
        states: {
          connected: {
            initial: 'ready',
            states: {
              ready: { on: { quiet: 'unresponsive', echo: {} } },
              unresponsive: { initial: 'beating', states: { beating: {} } },
            },
          },
        },
      },
    },
  });
  const actor = createActor(machine, { inspect: stateLogger(log, false) }).start();
  actor.send({ type: 'echo' });
  actor.send({ type: 'quiet' });
  expect(reports).toEqual([
    ['session.stateChanged', { state: 'online.connected.ready', trouble: 'refused' }],
    [
      'session.unresponsive',
      { state: 'online.connected.unresponsive.beating', trouble: 'refused' },
    ],
  ]);
});

it.each([true, false])(
  'names the launch and its groups, and reports what the table calls debug only if thorough: %s',
  (thorough) => {
    const machine = createMachine({
      id: 'launch',
      context: {
        order: { label: 'e-1' },
        groupIds: ['e-1-0', 'e-1-1'],
        lastFailure: { kind: 'refused', reason: 'no room' },
      },
      initial: 'journaling',
      states: {
        journaling: { on: { go: 'requesting' } },
        requesting: { on: { fail: 'outcomeUnknown' } },
        outcomeUnknown: {},
      },
    });
    const actor = createActor(machine, { inspect: stateLogger(log, thorough) }).start();
    actor.send({ type: 'go' });
    actor.send({ type: 'fail' });
    const states = thorough ? ['journaling', 'requesting', 'outcomeUnknown'] : ['outcomeUnknown'];
    expect(reports).toEqual(
      states.map((state) => [
        'launch.stateChanged',
        { state, launch: 'e-1', groups: ['e-1-0', 'e-1-1'], trouble: 'no room' },
      ]),
    );
  },
);

it('reports of parallel regions only the one that has changed', () => {
  const machine = createMachine({
    id: 'fleetManager',
    type: 'parallel',
    states: {
      duty: { initial: 'idle', states: { idle: { on: { work: 'busy' } }, busy: {} } },
      list: { initial: 'resting', states: { resting: {} } },
    },
  });
  const actor = createActor(machine, { inspect: stateLogger(log, true) }).start();
  reports.splice(0);
  actor.send({ type: 'work' });
  expect(reports).toEqual([['fleet.stateChanged', { state: 'duty.busy' }]]);
});

it('does not report machines that it has no row for', () => {
  createActor(createMachine({ id: 'other', initial: 'on', states: { on: {} } }), {
    inspect: stateLogger(log, true),
  }).start();
  expect(reports).toEqual([]);
});

interface Node {
  path: string[];
  states: Record<string, Node>;
}

const pathsOf = (node: Node): string[] => [
  node.path.join('.'),
  ...Object.values(node.states).flatMap(pathsOf),
];

const statesOf = (id: string): string[] => {
  const machine = machines.find((each) => each.id === id);
  return machine ? pathsOf(machine.root as never) : [];
};

it('has a row for each machine, and for no other', () => {
  expect(Object.keys(stateChanges).sort()).toEqual(machines.map(({ id }) => id).sort());
});

it.each(Object.entries(stateChanges))(
  'knows only states of the machine %s, and only fields of its events',
  (id, { event, own = {}, fields }) => {
    const named = [event, ...Object.values(own)].flatMap((name) => {
      const { except = [] } = definitionOf(name);
      return except.flatMap(({ when }) => ('oneOf' in when ? when.oneOf : []));
    });
    expect(statesOf(id)).toEqual(expect.arrayContaining([...Object.keys(own), ...named]));
    for (const name of [event, ...Object.values(own)])
      expect(['state', ...Object.keys(fields)].sort()).toEqual(
        Object.keys(definitionOf(name).fields).sort(),
      );
  },
);
