import { beforeEach, describe, expect, it } from 'vitest';
import type { EventFields, EventName } from '../../../src/telemetry/events.ts';
import { createSchedulerEndLine } from '../../../src/telemetry/schedulerEnd.ts';
import { listening } from '../store/samples.ts';

let now: number;
let line: ReturnType<typeof createSchedulerEndLine>;
let lines: ReturnType<typeof listening>['lines'];
const on = <N extends EventName>(name: N, fields: EventFields<N>) => line.on(name, fields);

const ready = (transport = 'ymq') => {
  on('scheduler.identified', { transport, generation: 'g3', exact: true, bare: false });
  on('scheduler.statusChanged', { status: 'ready' });
};
const lose = (trouble: string) => on('session.stateChanged', { state: 'backoff', trouble });
const end = (task: string | null = 'arn:1') =>
  on('group.ended', { group: 'g', task, cause: 'exited', detail: null });
const refused = 'tcp://s:1: connect ECONNREFUSED 10.0.0.5:1';
const reports = () => lines.map(({ level, text, fields }) => [level, text, fields]);
const found = [['warn', 'scheduler.endedWithTask', { task: 'arn:1' }]];

beforeEach(() => {
  now = 0;
  const listener = listening();
  lines = listener.lines;
  line = createSchedulerEndLine(listener.log, () => now);
});

describe('the end of a scheduler', () => {
  it('is reported when a task ended shortly before, once', () => {
    ready();
    end();
    now = 15_000;
    lose('the connection broke');
    expect(reports()).toEqual([]);
    lose(refused);
    lose(refused);
    expect(reports()).toEqual(found);
  });

  it('is reported when a poll shows only afterwards that a task has ended', () => {
    ready();
    lose('the connection broke');
    lose(refused);
    now = 6000;
    end();
    expect(reports()).toEqual(found);
  });

  it('is not reported when no task ended then, or a group without a task', () => {
    ready();
    end();
    now = 20_001;
    lose('the connection broke');
    lose(refused);
    end(null);
    now = 40_002;
    end();
    expect(reports()).toEqual([]);
  });

  it('is not reported when the scheduler comes back without having refused a connection', () => {
    ready();
    end();
    lose('the connection broke');
    ready();
    lose('the connection broke');
    expect(reports()).toEqual([]);
  });

  it('is not reported when only tasks ended that were drained after it', () => {
    ready();
    lose('the connection broke');
    lose(refused);
    on('group.ended', { group: 'g', task: 'arn:1', cause: 'drained', detail: null });
    expect(reports()).toEqual([]);
  });

  it('is not reported of one that was never ready, or speaks ZeroMQ', () => {
    on('scheduler.identified', { transport: 'ymq', generation: 'g3', exact: true, bare: false });
    end();
    lose(refused);
    ready('zmq');
    lose('closed');
    lose(refused);
    expect(reports()).toEqual([]);
  });
});
