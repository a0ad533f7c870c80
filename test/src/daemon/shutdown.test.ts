import { describe, expect, it, vi } from 'vitest';
import { createActor, createMachine } from 'xstate';
import {
  closeInOrder,
  crashOf,
  exitStatus,
  passStops,
  reportEnd,
} from '../../../src/daemon/shutdown.ts';
import { levelOf } from '../../../src/telemetry/events.ts';
import type { Log } from '../../../src/telemetry/log.ts';

describe('exitStatus', () => {
  it.each([
    [0, 'nothing is left', { crash: null, remaining: [], leftOnPurpose: false }],
    [1, 'something is left', { crash: null, remaining: ['arn'], leftOnPurpose: false }],
    [0, 'it was left on purpose', { crash: null, remaining: ['arn'], leftOnPurpose: true }],
    [1, 'a bug ended us', { crash: 'Error: x', remaining: [], leftOnPurpose: true }],
  ] as const)('is %i when %s', (status, _, { crash, remaining, leftOnPurpose }) => {
    expect(exitStatus({ crash, remaining: [...remaining], leftOnPurpose })).toBe(status);
  });
});

describe('reportEnd', () => {
  const linesOf = (crash: string | null, remaining: string[]) => {
    const lines: unknown[] = [];
    const log: Log = {
      report: (name, fields) => void lines.push([levelOf(name, fields), name, fields]),
    };
    reportEnd({ crash, remaining, leftOnPurpose: false }, log);
    return lines;
  };

  it('names what is left', () => {
    expect(linesOf(null, ['arn'])).toEqual([['warn', 'daemon.ended', { left: 1, still: ['arn'] }]]);
  });

  it('names the bug first', () => {
    expect(linesOf('Error: x', [])).toEqual([
      ['error', 'daemon.crashed', { error: 'Error: x' }],
      ['info', 'daemon.ended', { left: 0, still: [] }],
    ]);
  });
});

it('passes each request to stop on, and remembers that there was one', () => {
  const send = vi.fn();
  let ask = () => {};
  const stop = passStops({ send }, (listener) => {
    ask = listener;
  });
  expect(stop.aborted).toBe(false);
  ask();
  ask();
  expect(stop.aborted).toBe(true);
  expect(send.mock.calls).toEqual([[{ type: 'daemon.stop' }], [{ type: 'daemon.stop' }]]);
});

it('knows by its stack what bug has ended the root machine itself', async () => {
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
  const crashed = crashOf(actor as never);
  actor.start();
  actor.send({ type: 'daemon.stop' });
  expect(await crashed).toMatch(/^Error: a bug\n +at /);
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
