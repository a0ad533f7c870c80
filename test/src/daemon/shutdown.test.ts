import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createActor, createMachine } from 'xstate';
import type { AwsSight } from '../../../src/daemon/awsSight.ts';
import {
  closeInOrder,
  outcomeOf,
  passStops,
  reportEnd,
  whyUnseen,
} from '../../../src/daemon/shutdown.ts';
import type { InventoryReason } from '../../../src/store/records.ts';
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

describe('reportEnd', () => {
  const good = { status: 0 as const, crash: null, remaining: [], unseen: null };

  it('names what is left', () => {
    const { log, lines } = listening();
    expect(reportEnd({ ...good, status: 1, remaining: ['arn'] }, log)).toBe(1);
    expect(lines).toEqual([['warn', 'daemon.ended', { left: 1, still: ['arn'] }]]);
  });

  it('names the bug first', () => {
    const { log, lines } = listening();
    expect(reportEnd({ ...good, status: 1, crash: 'Error: x' }, log)).toBe(1);
    expect(lines).toEqual([
      ['error', 'daemon.crashed', { error: 'Error: x' }],
      ['info', 'daemon.ended', { left: 0, still: [] }],
    ]);
  });

  it('has status 0 when nothing is left and ECS was looked at', () => {
    expect(reportEnd(good, listening().log)).toBe(0);
  });

  it('has status 1, and says why, when ECS could not be looked at', () => {
    const { log, lines } = listening();
    expect(reportEnd({ ...good, unseen: 'no credentials' }, log)).toBe(1);
    expect(lines[0]).toEqual(['warn', 'daemon.couldNotLook', { reason: 'no credentials' }]);
  });
});

describe('whyUnseen', () => {
  const sight = (given: { looked?: boolean; answering?: boolean; trouble?: string }): AwsSight => ({
    hasLaunched: () => false,
    hasLooked: () => given.looked ?? false,
    isAnswering: () => given.answering ?? false,
    trouble: () => given.trouble ?? null,
  });

  it.each([
    [{ looked: true, trouble: 'x' }, null],
    [{ answering: true }, 'the first list of them is not complete'],
    [{ trouble: 'ECONNREFUSED' }, 'ECONNREFUSED'],
    [{}, 'no answer of AWS'],
  ])('of %j is %j', (given, reason) => {
    expect(whyUnseen(sight(given))).toBe(reason);
  });
});

describe('passStops', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  interface Given {
    tasks?: number;
    launches?: number;
    owed?: InventoryReason;
    leaveRunning?: boolean;
    sight?: Partial<Record<keyof AwsSight, unknown>>;
  }

  function daemonWith({ tasks = 0, launches = 0, owed, leaveRunning = false, sight }: Given) {
    const { log, lines } = listening();
    let ask = (_signal: string) => {};
    const sent: unknown[] = [];
    const unknown = { hasLaunched: false, hasLooked: false, isAnswering: false, trouble: null };
    const known = { ...unknown, ...sight };
    const end = passStops(
      { send: (event) => void sent.push(event.type) },
      (listener) => {
        ask = listener;
      },
      {
        ledger: {
          groups: () => Array.from({ length: tasks }, () => ({}) as never),
          openLaunches: () => Array.from({ length: launches }, () => ({}) as never),
          inventoryOwed: () => (owed ? { since: 0, reasons: [owed] } : null),
        },
        sight: {
          hasLaunched: () => known.hasLaunched as boolean,
          hasLooked: () => known.hasLooked as boolean,
          isAnswering: () => known.isAnswering as boolean,
          trouble: () => known.trouble as string | null,
        },
        stopTimeoutSeconds: 60,
        leaveRunning,
      },
      log,
    );
    return { ask: (signal: string) => ask(signal), sent, lines, end, known };
  }

  const stop = 'daemon.stop';

  it('passes each request on', () => {
    const { ask, sent } = daemonWith({});
    ask('SIGTERM');
    ask('SIGTERM');
    expect(sent).toEqual([stop, stop]);
  });

  it('says once a quarter of a minute what is waited for and how long, until the end', async () => {
    const { ask, lines, end } = daemonWith({ tasks: 3, launches: 1, sight: { hasLooked: true } });
    ask('SIGTERM');
    await vi.advanceTimersByTimeAsync(20_000);
    end();
    await vi.advanceTimersByTimeAsync(60_000);
    const known = { signal: 'SIGTERM', tasks: 3, launches: 1, unseen: null };
    expect(lines).toEqual([
      ['info', 'daemon.stopping', { ...known, seconds: 60 }],
      ['info', 'daemon.stopping', { ...known, seconds: expect.any(Number) }],
    ]);
  });

  it('leaves within two seconds when nothing was ever launched and AWS does not answer', async () => {
    const given = { owed: 'journalMissing', sight: { trouble: 'ECONNREFUSED' } } as const;
    const { ask, sent, lines } = daemonWith(given);
    ask('SIGINT');
    expect(lines[0]?.[2]).toMatchObject({ tasks: 0, unseen: 'ECONNREFUSED' });
    await vi.advanceTimersByTimeAsync(2000);
    expect(sent).toEqual([stop, stop, stop]);
  });

  it.each<[string, Given]>([
    ['tasks are known', { tasks: 1 }],
    ['a launch is open', { launches: 1 }],
    ['an earlier run gave launches up', { owed: 'launchesAbandoned' }],
    ['the journal was damaged', { owed: 'journalDamaged' }],
    ['RunTask was sent', { sight: { hasLaunched: true } }],
    ['AWS answers', { sight: { isAnswering: true } }],
    ['ECS was looked at', { sight: { hasLooked: true } }],
  ])('waits for AWS when %s', async (_, given) => {
    const { ask, sent } = daemonWith(given);
    ask('SIGINT');
    await vi.advanceTimersByTimeAsync(59_000);
    expect(sent).toEqual([stop]);
  });

  it('leaves when AWS stops answering while it is waited for', async () => {
    const { ask, sent, known } = daemonWith({ sight: { isAnswering: true } });
    ask('SIGINT');
    await vi.advanceTimersByTimeAsync(10_000);
    known.isAnswering = false;
    await vi.advanceTimersByTimeAsync(2000);
    expect(sent).toEqual([stop, stop, stop]);
  });

  it('says only that the tasks are left when that is the policy', async () => {
    const { ask, sent, lines } = daemonWith({ tasks: 2, leaveRunning: true });
    ask('SIGTERM');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sent).toEqual([stop]);
    expect(lines).toEqual([['info', 'daemon.leaving', { signal: 'SIGTERM', tasks: 2 }]]);
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
  await closeInOrder({
    inspection: { close: later('inspection') },
    journal: { close: later('journal') },
    stateDir: { release: step('state directory') },
    aws: { close: step('aws') },
  });
  expect(order).toEqual(['inspection', 'journal', 'state directory', 'aws']);
});
