import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createActor, createMachine, type EventObject } from 'xstate';
import { decodeMessage } from '../../../src/scheduler/protocol/codec.ts';
import { socket } from '../../../src/scheduler/schedulerSocket.ts';
import type { ConnectionHandlers } from '../../../src/scheduler/transport/connection.ts';
import { parseAddress } from '../../../src/shared/address.ts';
import { now, setTime } from '../../../src/shared/clock.ts';
import { echo, group, line, quiet, workers } from './line.ts';

describe('groups that a scheduler which was replaced does not know', () => {
  const sight = (calmSince: number | null) => () => ({ known: new Set<string>(), calmSince });
  const looked = () => sleep(300);
  const released = (told: EventObject[]) =>
    told.filter(({ type }) => type === 'scheduler.shutdownRequested') as { taskIds?: string[] }[];
  it('are let go without a word of it, once it has long had no work; nothing is answered', async () => {
    const { told, sent, stop } = line(null, ['t1'], sight(now() - 31_000));
    await looked();
    expect(released(told)[0]?.taskIds).toEqual(['t1']);
    expect(sent).toEqual([]);
    stop();
  });

  it('stay while it has work, and with any that speaks of no groups', async () => {
    const busy = line(null, ['t1'], sight(null));
    const other = line(null, ['t1']);
    const newer = line(1, ['t1'], sight(now() - 31_000));
    const known = line(null, ['t1'], sight(now() - 31_000));
    known.hear(workers('g2', 1, []));
    await looked();
    for (const { told, stop } of [busy, other, newer, known]) {
      expect(released(told)).toEqual([]);
      stop();
    }
  });

  it('and those of others or dead ones come on top of what it may start, but never of nothing', () => {
    const shown = { known: new Set(['ecs-t1', 'ecs-dead', 'of another']), calmSince: null };
    const { hear, beat, sent, stop } = line(null, ['t1'], () => shown);
    hear(group(1, 'ecs-t1'));
    beat(8);
    beat(0);
    beat(2 ** 32 - 1);
    const offered = sent
      .map((payload) => decodeMessage(payload, 'g1').fields)
      .flatMap((fields) => ('maxWorkerGroups' in fields ? [fields.maxWorkerGroups] : []));
    expect(offered).toEqual([6, 0, 2 ** 32 - 1]);
    stop();
  });

  it('are not thought of any more with one that turns out to know its workers', async () => {
    const { hear, told, sent, stop } = line(null, ['t1'], sight(null));
    await looked();
    hear(workers('g2', 0, []));
    // Its scheduler knows t1 by its workers: that is no answer.
    expect(told.map(({ type }) => type)).toContain('scheduler.startRequested');
    expect(sent).toEqual([]);
    stop();
  });
});

it('leaves a scheduler that may wait for a lost answer, and is back when it has forgotten', async () => {
  let time = 1_000_000;
  setTime(() => time);
  onTestFinished(() => setTime(null));
  const lines: { handlers: ConnectionHandlers; sent: number; closed: boolean }[] = [];
  const socketOf = socket(
    {
      connect: (_, handlers) => {
        const one = { handlers, sent: 0, closed: false };
        lines.push(one);
        return {
          dropped: 0,
          send: () => ++one.sent > 0,
          close() {
            one.closed = true;
          },
          destroy() {},
        };
      },
      address: parseAddress('tcp://127.0.0.1:1'),
      identity: 'us',
      workerManagerID: 'wm',
      capabilities: [],
      maxTasks: 4,
      workersPerTask: 2,
      found: () => null,
      sight: () => ({ at: time, ours: new Set(), loads: new Map(), complete: true, groups: null }),
    },
    quiet,
  );
  const machine = createMachine({ invoke: { id: 'socket', src: socketOf } });
  const begin = () => {
    const actor = createActor(machine).start();
    onTestFinished(() => void actor.stop());
    const child = actor.getSnapshot().children.socket;
    return () => child?.send({ type: 'socket.beat', workers: 8 } as never);
  };
  const open = (which: number) =>
    lines[which]?.handlers.onOpen({ identity: 'scheduler', magic: null });
  const hear = (which: number, payload: Uint8Array) => lines[which]?.handlers.onMessage(payload);

  begin()();
  open(0);
  hear(0, workers('g2', 0, []));
  const beat = begin();
  open(1);
  for (let n = 0; n < 6; n++, time += 2000) {
    beat();
    hear(1, echo('g3'));
  }
  expect(lines[1]).toMatchObject({ sent: 6, closed: false });
  beat();
  expect(lines[1]).toMatchObject({ sent: 6, closed: true });
  // Twelve seconds after the last heartbeat; the rest of them passes for real.
  time += 9_900;
  begin();
  await sleep(50);
  expect(lines).toHaveLength(2);
  await sleep(100);
  expect(lines).toHaveLength(3);
});

it('gives the line to a rival under our identity for a while, and says so', async () => {
  let time = 1_000_000;
  setTime(() => time);
  onTestFinished(() => setTime(null));
  const lines: ConnectionHandlers[] = [];
  const states: string[] = [];
  const warnings: string[] = [];
  const socketOf = socket(
    {
      connect: (_, handlers) => {
        lines.push(handlers);
        return { dropped: 0, send: () => true, close() {}, destroy() {} };
      },
      address: parseAddress('tcp://127.0.0.1:1'),
      identity: 'us',
      workerManagerID: 'wm',
      capabilities: [],
      maxTasks: 4,
      workersPerTask: 2,
      found: () => null,
      sight: () => ({ at: time, ours: new Set(), loads: new Map(), complete: true, groups: null }),
      line: (state) => states.push(state),
    },
    { ...quiet, warn: (_, text) => warnings.push(text) },
  );
  const machine = createMachine({ invoke: { id: 'socket', src: socketOf } });
  const begin = () => {
    const actor = createActor(machine).start();
    onTestFinished(() => void actor.stop());
    lines.at(-1)?.onOpen({ identity: 'scheduler', magic: 1 });
    lines.at(-1)?.onMessage(echo('g3'));
  };
  const taken = () => lines.at(-1)?.onClosed({ kind: 'graceful', reason: 'taken' });
  for (let n = 0; n < 3; n++) {
    begin();
    time += 400;
    taken();
  }
  expect(lines).toHaveLength(3);
  expect(warnings).toEqual(['scheduler.lineTaken']);
  expect(states.at(-1)).toBe('contested');
  const actor = createActor(machine).start();
  onTestFinished(() => void actor.stop());
  await sleep(100);
  expect(lines).toHaveLength(3);
  // The line that stands is not ours alone yet.
  states.length = 0;
  lines.at(-1)?.onOpen({ identity: 'scheduler', magic: 1 });
  lines.at(-1)?.onMessage(echo('g3'));
  expect(states).toEqual(['unanswered', 'contested']);
});

it('obeys at once on its first line only: a later one may lead to a scheduler that was started anew', async () => {
  let time = 1_000_000;
  setTime(() => time);
  onTestFinished(() => setTime(null));
  const lines: ConnectionHandlers[] = [];
  const told: EventObject[] = [];
  const socketOf = socket(
    {
      connect: (_, handlers) => {
        lines.push(handlers);
        return { dropped: 0, send: () => true, close() {}, destroy() {} };
      },
      address: parseAddress('tcp://127.0.0.1:1'),
      identity: 'us',
      workerManagerID: 'wm',
      capabilities: [],
      maxTasks: 4,
      workersPerTask: 1,
      found: () => null,
      sight: () => ({
        at: time,
        ours: new Set(['t1']),
        loads: new Map(),
        complete: true,
        groups: null,
      }),
    },
    quiet,
  );
  const machine = createMachine({
    invoke: { id: 'socket', src: socketOf },
    on: { 'scheduler.shutdownRequested': { actions: ({ event }) => told.push(event) } },
  });
  const named = workers('g2', 1, ['Worker|ECS-t1|a|b']);
  const begin = () => {
    const actor = createActor(machine).start();
    onTestFinished(() => void actor.stop());
    lines.at(-1)?.onOpen({ identity: null, magic: null });
  };
  const released = () => {
    told.length = 0;
    lines.at(-1)?.onMessage(named);
    return told.length;
  };
  begin();
  expect(released()).toBe(1);
  begin();
  expect(released()).toBe(0);
  time += 30_000;
  expect(released()).toBe(1);
});
