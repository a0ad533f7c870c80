import { beforeEach, describe, expect, it } from 'vitest';
import { withConclusions } from '../../../src/telemetry/conclusions.ts';
import { definitionOf, type EventName, events, levelOf } from '../../../src/telemetry/events.ts';
import type { Log } from '../../../src/telemetry/log.ts';

let at = 0;
let lines: [level: string, name: EventName, fields: object][] = [];
const destination: Log = {
  report: (name, fields, level = levelOf(name, fields)) => void lines.push([level, name, fields]),
};
let log = withConclusions(destination, () => at);

beforeEach(() => {
  at = 1_000_000;
  lines = [];
  log = withConclusions(destination, () => at);
});

/** What is seen at INFO. */
const seen = () =>
  lines.filter(([level]) => level !== 'debug').map(([level, name]) => [level, name]);
const lastOf = (name: EventName) => lines.findLast(([, each]) => each === name)?.[2];

describe('a trouble that repeats', () => {
  const failed = (kind = 'denied') => log.report('bootstrap.failed', { kind, reason: `${at}` });

  it('is one line, and its end another', () => {
    for (let i = 0; i < 20; i++, at += 60_000) failed();
    log.report('bootstrap.completed', { revision: 'r:1' });
    log.report('bootstrap.completed', { revision: 'r:1' });
    expect(seen()).toEqual([
      ['error', 'bootstrap.failed'],
      ['info', 'bootstrap.completed'],
    ]);
    expect(lines).toHaveLength(22);
  });

  it('is a line again after its end, after a silence, and each hour', () => {
    failed();
    log.report('bootstrap.completed', { revision: 'r:1' });
    failed();
    at += 600_000;
    failed();
    for (let i = 0; i < 60; i++, at += 60_000) failed();
    failed();
    expect(seen().filter(([, name]) => name === 'bootstrap.failed')).toHaveLength(4);
  });

  it('with a reason is a line again after a change of the reason beyond ids and numbers, and each minute', () => {
    const denied = (cluster: string, task: string, action = 'DescribeTasks') =>
      log.report('describeTasks.partial', {
        ...{ cluster, tasks: 2, kind: 'denied' },
        reason: `${action} on arn:aws:ecs:r:1:task/c/${task}, request 12345678-${task}, is denied`,
      });
    for (let second = 0; second < 60; second += 3, at += 3000)
      for (const task of ['1', '2']) for (const cluster of ['a', 'b']) denied(cluster, task);
    expect(seen()).toHaveLength(2);
    denied('a', '3');
    expect(seen()).toHaveLength(3);
    denied('a', '4', 'ecs:DescribeTasks');
    expect(seen()).toHaveLength(4);
  });

  it('is another where a field says so', () => {
    failed('denied');
    failed('unreachable');
    log.report('foreignTask.ignored', { task: 'a' });
    log.report('foreignTask.ignored', { task: 'b' });
    log.report('foreignTask.ignored', { task: 'a' });
    expect(seen()).toHaveLength(4);
  });

  it('is not ended by what ends another', () => {
    const opened = (subnet: string) =>
      log.report('breaker.opened', {
        ...{ kind: 'capacity', subnet, failures: 1, reason: 'no room', seconds: 30 },
      });
    opened('subnet-1');
    opened('subnet-2');
    log.report('breaker.closed', { kind: 'capacity', subnet: 'subnet-2' });
    opened('subnet-1');
    opened('subnet-2');
    expect(seen().map(([, name]) => name)).toEqual([
      ...['breaker.opened', 'breaker.opened', 'breaker.closed', 'breaker.opened'],
    ]);
    expect(lines[3]?.[0]).toBe('debug');
  });

  it('does not remember without a limit', () => {
    for (let i = 0; i < 1001; i++) log.report('foreignTask.ignored', { task: `${i}` });
    log.report('foreignTask.ignored', { task: '0' });
    log.report('foreignTask.ignored', { task: '1000' });
    expect(seen()).toHaveLength(1002);
  });

  it('has in the table only fields and events that there are', () => {
    for (const name of Object.keys(events) as EventName[]) {
      const { repeats, fields } = definitionOf(name);
      if (!repeats) continue;
      expect(Object.keys(fields)).toEqual(expect.arrayContaining([...repeats.same]));
      expect(Object.keys(events)).toEqual(expect.arrayContaining([...(repeats.endedBy ?? [])]));
    }
  });
});

const start = () =>
  log.report('daemon.started', {
    ...{ manager: 'wm', scheduler: 'tcp://s:1', transport: 'auto', tag: 'se-1', cluster: 'c' },
    ...{ stateDir: '/s', capacity: 'no limit', known: 0, openLaunches: 0 },
  });
const status = (word: string) => log.report('scheduler.statusChanged', { status: word });
const session = (state: string, trouble: string | null = null) =>
  log.report('session.stateChanged', { state, trouble });
const monitor = (state: string, trouble: string | null = null) =>
  log.report('monitor.stateChanged', { state, trouble });

/** Started, prepared, and answered by the scheduler. */
const serve = () => {
  start();
  log.report('bootstrap.completed', { revision: 'r:1' });
  const terms = { transport: 'ymq', generation: 'g4', exact: true, bare: false };
  log.report('scheduler.identified', terms);
  status('ready');
};

describe('the connection to the scheduler', () => {
  it('is ready once it answers and AWS is prepared, and is said so once', () => {
    serve();
    status('ready');
    expect(seen().filter(([, name]) => name === 'daemon.ready')).toHaveLength(1);
    expect(lastOf('daemon.ready')).toEqual({
      ...{ scheduler: 'tcp://s:1', cluster: 'c', releases: 'g4', transport: 'ymq' },
    });
  });

  it('is not ready before AWS is prepared', () => {
    start();
    status('ready');
    expect(lastOf('daemon.ready')).toBeUndefined();
    log.report('bootstrap.completed', { revision: 'r:1' });
    expect(lastOf('daemon.ready')).toBeDefined();
  });

  it('is lost once and back once, both at WARN, however often it is tried meanwhile', () => {
    serve();
    lines = [];
    status('closed');
    for (let i = 0; i < 30; i++, at += 3000) {
      session('backoff', 'refused');
      session('online.connecting');
    }
    status('unacknowledged');
    status('ready');
    expect(seen()).toEqual([
      ['warn', 'scheduler.lost'],
      ['warn', 'scheduler.returned'],
    ]);
    expect(lastOf('scheduler.lost')).toEqual({ reason: 'refused' });
    expect(lastOf('scheduler.returned')).toEqual({ seconds: 90 });
  });

  it('is not lost while this manager stays away on purpose, unless it cannot be reached after that', () => {
    serve();
    const stayAway = () => {
      lines = [];
      log.report('session.pausedForReset', { seconds: 11 });
      session('online.reconnecting.closing');
      session('backoff');
      session('online.connecting');
    };
    stayAway();
    status('ready');
    expect(seen()).toEqual([['info', 'session.pausedForReset']]);
    stayAway();
    session('backoff', 'refused');
    status('ready');
    expect(seen()).toEqual([
      ['info', 'session.pausedForReset'],
      ['warn', 'scheduler.lost'],
      ['warn', 'scheduler.returned'],
    ]);
  });

  it('is lost when nothing is answered, which has a line of its own', () => {
    serve();
    lines = [];
    log.report('session.unresponsive', { state: 'x' });
    session('backoff', 'reset');
    status('ready');
    expect(seen()).toEqual([
      ['warn', 'session.unresponsive'],
      ['warn', 'scheduler.returned'],
    ]);
  });

  it('that never stood is one warning', () => {
    start();
    for (let i = 0; i < 30; i++, at += 3000) session('backoff', 'refused');
    expect(seen().slice(1)).toEqual([['warn', 'scheduler.unreachable']]);
    expect(lastOf('scheduler.unreachable')).toEqual({ scheduler: 'tcp://s:1', reason: 'refused' });
  });

  it('is not lost when we leave', () => {
    serve();
    log.report('daemon.stateChanged', { state: 'disconnecting' });
    lines = [];
    session('backoff', 'closed');
    expect(seen()).toEqual([]);
  });
});

describe('the monitor stream', () => {
  const fail = (times: number) => {
    for (let i = 0; i < times; i++, at += 4000) monitor('backoff', 'refused');
  };

  it('that is missing is one warning, and its return one line', () => {
    serve();
    lines = [];
    fail(20);
    log.report('monitor.received', {});
    log.report('monitor.received', {});
    expect(seen()).toEqual([
      ['warn', 'monitor.missing'],
      ['info', 'monitor.received'],
    ]);
    expect(lastOf('monitor.missing')).toEqual({ reason: 'refused' });
  });

  it('may be away for a moment without a word', () => {
    serve();
    lines = [];
    fail(3);
    log.report('monitor.received', {});
    fail(3);
    expect(seen()).toEqual([]);
  });

  it('is not missed while the scheduler is', () => {
    start();
    fail(20);
    expect(seen().slice(1)).toEqual([]);
  });
});

describe('the summary', () => {
  const group = (id: string, state: string) =>
    log.report('group.stateChanged', { group: id, state });
  const end = (id: string, cause: string, task: string | null = 'arn') => {
    log.report('group.ended', { group: id, task, cause, detail: null });
    group(id, 'stopped');
  };
  const pass = (seconds: number) => {
    for (let i = 0; i < seconds; i++, at += 1000) log.tick();
  };
  const summaries = () => lines.filter(([, name]) => name === 'fleet.summary');

  it('counts groups, and what has happened since the one before', () => {
    log.report('demand.changed', { tasks: 5, why: '5 workers desired' });
    log.report('launch.completed', { launch: 'e-1', tasks: 4 });
    for (const id of ['a', 'b', 'c', 'd', 'e']) group(id, 'requested');
    group('a', 'provisioning');
    group('b', 'running');
    group('c', 'draining.waiting');
    end('d', 'exited');
    end('e', 'launchFailed', null);
    pass(61);
    expect(lastOf('fleet.summary')).toEqual({
      ...{ starting: 1, running: 1, draining: 1, desired: 5, launched: 4, ended: 1, failed: 1 },
    });
    end('b', 'drained');
    pass(60);
    expect(lastOf('fleet.summary')).toEqual({
      ...{ starting: 1, running: 0, draining: 1, desired: 5, launched: 0, ended: 1, failed: 0 },
    });
  });

  it('comes each minute while anything changes', () => {
    for (let i = 0; i < 10; i++) {
      group('a', i % 2 === 0 ? 'running' : 'draining.waiting');
      pass(60);
    }
    expect(summaries()).toHaveLength(9);
  });

  it('comes each hour while nothing does', () => {
    group('a', 'running');
    pass(61);
    group('a', 'running');
    pass(2 * 3600);
    expect(summaries()).toHaveLength(3);
  });

  it('tells how many tasks are there when they are to be stopped', () => {
    group('a', 'running');
    log.report('daemon.stateChanged', { state: 'stopping' });
    expect(lastOf('daemon.stopping')).toEqual({ tasks: 1 });
  });
});

it('a list that fails is a warning only if it was asked for when the cluster was there', () => {
  log.report('inventory.failed', { reason: 'ClusterNotFoundException' });
  log.report('bootstrap.completed', { revision: 'r:1' });
  at += 1499;
  log.report('inventory.failed', { reason: 'ClusterNotFoundException' });
  expect(seen()).toEqual([]);
  at += 1;
  log.report('inventory.failed', { reason: 'ClusterNotFoundException' });
  expect(seen()).toEqual([['warn', 'inventory.failed']]);
});

it('a healthy life of a task is a line for its launch and one for its end', () => {
  log.report('launch.stateChanged', { launch: 'e-1', state: 'intending', groups: ['a'] });
  log.report('launch.completed', { launch: 'e-1', tasks: 1 });
  for (const state of ['requested', 'provisioning', 'running', 'draining.waiting'])
    log.report('group.stateChanged', { group: 'a', state });
  log.report('group.ended', { group: 'a', task: 'arn', cause: 'drained', detail: null });
  log.report('group.stateChanged', { group: 'a', state: 'stopped' });
  expect(seen()).toEqual([
    ['info', 'launch.completed'],
    ['info', 'group.ended'],
  ]);
});
