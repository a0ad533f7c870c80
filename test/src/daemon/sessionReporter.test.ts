import { afterEach, describe, expect, it } from 'vitest';
import { sessionReporter } from '../../../src/daemon/sessionReporter.ts';
import { setTime } from '../../../src/shared/clock.ts';
import type { Log } from '../../../src/telemetry/log.ts';

afterEach(() => setTime(null));

const reporter = () => {
  const lines: unknown[] = [];
  const log: Log = { report: (name, fields) => void lines.push([name, fields]) };
  return { lines, report: sessionReporter(log) };
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
    ['scheduler.messageUnreadable', { frames: 1, reason: 'at 0' }],
    ['scheduler.messageUnreadable', { frames: 4, reason: 'at 60000' }],
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
      ['scheduler.identified', terms],
      ['heartbeat.notSent', {}],
      ['deadWorker.reported', { worker: 'w' }],
      ['session.pausedForReset', { seconds: 12 }],
      ['identity.contested', {}],
      ['scheduler.shutdown', {}],
    ]);
  });
});

it('says once that a newer scheduler may mean workers by the limit, with both numbers', () => {
  const lines: unknown[] = [];
  const log: Log = { report: (name, fields) => void lines.push([name, fields]) };
  const report = sessionReporter(log, { tasks: 10, workersPerTask: 4 });
  const identified = (generation: 'g2' | 'g23' | 'g4') =>
    report(
      { note: 'identified', transport: 'ymq', generation, exact: true, bare: false },
      () => {},
    );
  const said = () => lines.filter((line) => (line as string[])[0] === 'limit.ambiguous');
  identified('g2');
  expect(said()).toEqual([]);
  identified('g23');
  identified('g4');
  expect(said()).toEqual([['limit.ambiguous', { tasks: 10, workers: 40, other: 3 }]]);
});
