import { describe, expect, it } from 'vitest';
import { createActor, createMachine } from 'xstate';
import { closeInOrder, outcomeOf, reportEnd } from '../../../src/daemon/shutdown.ts';
import { levelOf } from '../../../src/telemetry/events.ts';
import type { Log } from '../../../src/telemetry/log.ts';

describe('reportEnd', () => {
  const linesOf = (crash: string | null, remaining: string[], looked = true) => {
    const lines: unknown[] = [];
    const log: Log = {
      report: (name, fields) => void lines.push([levelOf(name, fields), name, fields]),
    };
    reportEnd({ crash, remaining, looked }, log);
    return lines;
  };

  it('names what is left', () => {
    expect(linesOf(null, ['arn'])).toEqual([
      ['warn', 'daemon.ended', { left: 1, still: ['arn'], looked: true }],
    ]);
  });

  it('says that it could not look at ECS', () => {
    expect(linesOf(null, [], false)).toEqual([
      ['warn', 'daemon.couldNotLook', {}],
      ['info', 'daemon.ended', { left: 0, still: [], looked: false }],
    ]);
  });

  it('names the bug first', () => {
    expect(linesOf('Error: x', [])).toEqual([
      ['error', 'daemon.crashed', { error: 'Error: x' }],
      ['info', 'daemon.ended', { left: 0, still: [], looked: true }],
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
  await closeInOrder({
    inspection: { close: later('inspection') },
    journal: { close: later('journal') },
    stateDir: { release: step('state directory') },
    aws: { close: step('aws') },
  });
  expect(order).toEqual(['inspection', 'journal', 'state directory', 'aws']);
});
