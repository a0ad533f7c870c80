import { afterEach, describe, expect, it } from 'vitest';
import { sessionReporter } from '../../../src/daemon/sessionReporter.ts';
import { setTime } from '../../../src/shared/clock.ts';
import type { Log } from '../../../src/telemetry/log.ts';

afterEach(() => setTime(null));

const reporter = () => {
  const lines: unknown[] = [];
  const write =
    (level: string): Log['info'] =>
    (fields, text) =>
      lines.push([level, text, fields]);
  const log = { debug: write('debug'), info: write('info'), warn: write('warn') };
  return { lines, report: sessionReporter({ ...log, error: write('error') }) };
};

it('logs unreadable frames once a minute, and how many there were', () => {
  let time = 0;
  setTime(() => time);
  const { lines, report } = reporter();
  for (const at of [0, 1, 59_999, 60_000]) {
    time = at;
    report({ note: 'unreadable', reason: `at ${at}` }, () => {});
  }
  expect(lines).toEqual([
    ['warn', 'scheduler.unreadable', { frames: 1, reason: 'at 0' }],
    ['warn', 'scheduler.unreadable', { frames: 4, reason: 'at 60000' }],
  ]);
});

describe('a note of the session', () => {
  it('that a heartbeat was sent is passed on, not logged', () => {
    const { lines, report } = reporter();
    let sent = 0;
    report({ note: 'heartbeatSent' }, () => sent++);
    expect([sent, lines]).toEqual([1, []]);
  });

  it('is one line of the log', () => {
    const { lines, report } = reporter();
    const terms = { transport: 'ymq', generation: 'g3', exact: true, bare: false } as const;
    report({ note: 'identified', ...terms }, () => {});
    report({ note: 'notSent', what: 'heartbeat' }, () => {});
    report({ note: 'notSent', what: 'response' }, () => {});
    report({ note: 'deadWorkerReported', worker: 'w' }, () => {});
    report({ note: 'stayingAway', seconds: 12 }, () => {});
    report({ note: 'identityTaken' }, () => {});
    report({ note: 'shutdown' }, () => {});
    expect(lines).toEqual([
      ['info', 'scheduler.found', terms],
      ['warn', 'scheduler.heartbeatNotSent', {}],
      ['info', 'scheduler.toldOfDeadWorker', { worker: 'w' }],
      ['info', 'scheduler.letForget', { seconds: 12 }],
      ['warn', 'scheduler.lineTaken', { meaning: expect.stringContaining('state directory') }],
      ['warn', 'scheduler.endsTheCluster', {}],
    ]);
  });
});
