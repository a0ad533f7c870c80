import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createActor, createMachine } from 'xstate';
import { type CallsShown, noCallsShown } from '../../../machines/daemon/callsShown.ts';
import { closeInOrder, outcomeOf, passStops, reportEnd } from '../../../src/daemon/shutdown.ts';
import { levelOf } from '../../../src/telemetry/events.ts';
import type { Log } from '../../../src/telemetry/log.ts';

/** What is reported, with its level. */
function listening() {
  const lines: [level: string, name: string, fields: Record<string, unknown>][] = [];
  const log: Log = {
    report: (name, fields) => void lines.push([levelOf(name, fields), name, fields as never]),
  };
  return { log, lines };
}

/** What is known of AWS. */
const shownOf = (given: Partial<CallsShown>): CallsShown => ({ ...noCallsShown, ...given });

describe('reportEnd', () => {
  const good = { crash: null, remaining: [], looked: true, unseen: null };
  const linesOf = (end: Parameters<typeof reportEnd>[0]) => {
    const { log, lines } = listening();
    reportEnd(end, log);
    return lines;
  };

  it('names what is left', () => {
    expect(linesOf({ ...good, remaining: ['arn'] })).toEqual([
      ['warn', 'daemon.ended', { left: 1, still: ['arn'], looked: true }],
    ]);
  });

  it('says why it could not look at ECS', () => {
    expect(linesOf({ ...good, looked: false, unseen: 'no credentials' })).toEqual([
      ['warn', 'daemon.couldNotLook', { reason: 'no credentials' }],
      ['info', 'daemon.ended', { left: 0, still: [], looked: false }],
    ]);
  });

  it('names the bug first', () => {
    expect(linesOf({ ...good, crash: 'Error: x' })).toEqual([
      ['error', 'daemon.crashed', { error: 'Error: x' }],
      ['info', 'daemon.ended', { left: 0, still: [], looked: true }],
    ]);
  });
});

describe('passStops', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** `isStopping`: the scheduler has ended, and all tasks are being stopped when the first signal comes. */
  function daemonWith(
    shown: CallsShown,
    { looked = true, leaves = false, tasks = 3, isStopping = false } = {},
  ) {
    const { log, lines } = listening();
    let ask = (_signal: string) => {};
    const sent: unknown[] = [];
    const view = { looked, leftOnPurpose: false, stopsNow: false };
    const end = passStops(
      {
        send: (event) => {
          view.leftOnPurpose ||= leaves && !isStopping;
          view.stopsNow = !view.leftOnPurpose && (isStopping || sent.length > 0);
          sent.push(event.type);
        },
      },
      (listener) => {
        ask = listener;
      },
      {
        ledger: {
          groupCount: tasks,
          openLaunches: () => [{}] as never,
        },
        callsShown: () => shown,
        view: () => view,
        config: {
          stopTimeoutSeconds: 60,
          drainTimeoutSeconds: 300,
          sigtermPolicy: leaves ? 'leave' : 'stop',
        },
      },
      log,
    );
    return { ask: (signal: string) => ask(signal), sent, lines, end };
  }

  it('passes each request on, and names its signal', () => {
    const { ask, sent, lines } = daemonWith(shownOf({}));
    ask('SIGTERM');
    ask('SIGINT');
    expect(sent).toEqual(['daemon.stop', 'daemon.stop']);
    expect(lines).toEqual([
      ['info', 'signal.received', { signal: 'SIGTERM' }],
      ['info', 'signal.received', { signal: 'SIGINT' }],
    ]);
  });

  it('says after a second, then four times a minute, what is waited for and how long, until the end', async () => {
    const { ask, lines, end } = daemonWith(shownOf({}));
    ask('SIGTERM');
    await vi.advanceTimersByTimeAsync(16_000);
    end();
    await vi.advanceTimersByTimeAsync(60_000);
    const known = { tasks: 3, launches: 1, unseen: null };
    expect(lines.slice(1)).toEqual([
      ['info', 'daemon.stopPending', { ...known, seconds: 59, idleSeconds: 29 }],
      ['info', 'daemon.stopPending', { ...known, seconds: 45, idleSeconds: 15 }],
    ]);
  });

  it('says no more that tasks at work may finish when they may not: their time is up, or a second request has come', async () => {
    const { ask, lines, end } = daemonWith(shownOf({}));
    const said = () => lines.splice(0).filter(([, name]) => name === 'daemon.stopPending');
    ask('SIGTERM');
    await vi.advanceTimersByTimeAsync(31_000);
    expect(said().at(-1)?.[2]).toEqual({ tasks: 3, launches: 1, unseen: null, seconds: 30 });
    end();
    const second = daemonWith(shownOf({}));
    second.ask('SIGTERM');
    second.ask('SIGTERM');
    await vi.advanceTimersByTimeAsync(1000);
    expect(second.lines.at(-1)?.[2]).not.toHaveProperty('idleSeconds');
    second.end();
  });

  it('warns when so many tasks do not fit into stop_timeout', () => {
    const { ask, lines, end } = daemonWith(shownOf({}), { tasks: 10_000 });
    ask('SIGTERM');
    expect(lines.at(-1)).toEqual([
      ...['warn', 'stopTimeout.short'],
      { tasks: 10_000, timeout: 60, needed: 496 },
    ]);
    end();
  });

  it('says why ECS could not be looked at', async () => {
    const saidOf = async (...given: Parameters<typeof daemonWith>) => {
      const { ask, lines, end } = daemonWith(...given);
      ask('SIGTERM');
      await vi.advanceTimersByTimeAsync(1000);
      end();
      return lines[1]?.[2];
    };
    const unreachable = shownOf({ trouble: 'ECONNREFUSED' });
    expect(await saidOf(unreachable, { looked: false })).toMatchObject({ unseen: 'ECONNREFUSED' });
    // Listing is denied: whether the journal says enough is known to the root machine alone.
    const denied = shownOf({ denial: 'not authorized', isAnswering: true });
    expect(await saidOf(denied, { looked: false })).toMatchObject({ unseen: 'not authorized' });
    expect(await saidOf(denied)).toMatchObject({ unseen: null });
  });

  it('says only that the tasks are left when the root machine leaves them', async () => {
    const { ask, sent, lines } = daemonWith(shownOf({}), { looked: false, leaves: true });
    ask('SIGTERM');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sent).toEqual(['daemon.stop']);
    expect(lines.slice(1)).toEqual([['info', 'daemon.leaving', { tasks: 3 }]]);
  });

  it('says what is waited for when the scheduler had ended before, though the policy is to leave', async () => {
    const { ask, lines, end } = daemonWith(shownOf({}), { leaves: true, isStopping: true });
    ask('SIGTERM');
    await vi.advanceTimersByTimeAsync(1000);
    end();
    expect(lines.slice(1)).toEqual([
      ['info', 'daemon.stopPending', { tasks: 3, launches: 1, unseen: null, seconds: 59 }],
    ]);
  });
});

it('an exception in the root machine ends with status 1 and its stack', async () => {
  const broken = createMachine({
    on: {
      'daemon.stop': {
        actions: () => {
          throw new Error('a bug');
        },
      },
    },
  });
  const actor = createActor(broken);
  const outcome = outcomeOf(actor as never);
  actor.start();
  actor.send({ type: 'daemon.stop' });
  const { status, crash } = await outcome;
  expect([status, crash]).toEqual([1, expect.stringMatching(/^Error: a bug\n +at /)]);
});

it('writes the journal before it releases the state directory', async () => {
  const order: string[] = [];
  const step = (name: string) => () => void order.push(name);
  const later = (name: string) => async () => {
    await Promise.resolve();
    order.push(name);
  };
  await closeInOrder(
    {
      control: { close: later('control') },
      inspection: { close: later('inspection') },
      journal: { close: later('journal') },
      stateDir: { release: step('state directory') },
      aws: { close: step('aws') },
    },
    false,
  );
  expect(order).toEqual(['control', 'inspection', 'journal', 'state directory', 'aws']);
});
