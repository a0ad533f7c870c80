import { afterAll, describe, expect, it, vi } from 'vitest';
import { type Level, severalLogs } from '../../../src/telemetry/log.ts';
import { createTextLog, type TextOptions } from '../../../src/telemetry/textLog.ts';

vi.stubEnv('TZ', 'America/New_York');
afterAll(() => vi.unstubAllEnvs());

const listen = (level: Level, options: Partial<TextOptions> = {}) => {
  const written: string[] = [];
  const clock = () => new Date('2026-11-25T14:03:09.5Z');
  const destination = { write: (text: string) => void written.push(text) };
  return { written, log: createTextLog(level, destination, { colour: false, clock, ...options }) };
};

const arn =
  'arn:aws:ecs:us-east-1:123456789012:task/scaler-cluster/4f2e8a90c1d24b57a1b2c3d4e5f60718';

describe('a line of the log for people', () => {
  it('says of workers that never came which address they are told, and what to do', () => {
    const { log, written } = listen('INFO');
    const detail =
      'no worker at the scheduler 602 s after the launch: workers are told the address tcp://127.0.0.1:8516';
    log.report('group.ended', { group: 'e-1-1', task: arn, cause: 'startFailed', detail });
    expect(written.join('')).toMatch(
      /WARN .*\(no worker .* told the address tcp:\/\/127\.0\.0\.1:8516\)\. Remedy: .*worker_scheduler_address .* that the subnets reach \(at 127\.0\.0\.1 a worker finds only its own task\)/,
    );
  });

  it('is time, level and sentence, for each kind of event', () => {
    const { log, written } = listen('DEBUG');
    log.report('daemon.started', {
      ...{ manager: 'wm-ecs', scheduler: 'tcp://10.0.0.1:8516', transport: 'auto', tag: 'se-1' },
      ...{ cluster: 'scaler-cluster', stateDir: '/s', capacity: 'at most 4 Fargate tasks' },
      ...{ known: 1, openLaunches: 0 },
    });
    const ready = { scheduler: 'tcp://10.0.0.1:8516', cluster: 'scaler-cluster' };
    log.report('daemon.ready', { ...ready, releases: 'g4', transport: 'ymq' });
    log.report('daemon.ready', ready);
    log.report('inventory.completed', { adopted: 3 });
    log.report('launch.completed', {
      ...{ launch: 'e-1', tasks: 10, desired: 12, why: '48 workers desired' },
    });
    log.report('group.stateChanged', { group: 'e-1-0', state: 'running', task: arn });
    log.report('group.ended', { group: 'e-1-0', task: arn, cause: 'drained', detail: null });
    const detail = 'CannotPullContainerError: no such image';
    log.report('group.ended', { group: 'e-1-1', task: arn, cause: 'startFailed', detail });
    log.report('fleet.summary', {
      ...{ running: 9, starting: 1, draining: 0, desired: 12, launched: 10, ended: 2, failed: 1 },
    });
    log.report('scheduler.lost', { reason: 'ECONNRESET: reset by peer' });
    log.report('scheduler.returned', { seconds: 4 });
    log.report('monitor.missing', { reason: 'ECONNREFUSED' });
    log.report('breaker.opened', {
      ...{ kind: 'quota', failures: 1, reason: 'You have reached the limit', seconds: 60 },
    });
    log.report('bootstrap.failed', { kind: 'denied', reason: 'User: x is not authorized' });
    log.report('daemon.ended', { left: 0, still: [], looked: true });
    expect(written.join('')).toMatchInlineSnapshot(`
      "09:03:09 INFO  Starting worker manager wm-ecs: scheduler tcp://10.0.0.1:8516, cluster scaler-cluster, at most 4 Fargate tasks; 1 task of an earlier run.
      09:03:09 INFO  Ready: scheduler tcp://10.0.0.1:8516 (Scaler 2.7 or newer over YMQ), cluster scaler-cluster.
      09:03:09 INFO  Ready: scheduler tcp://10.0.0.1:8516, cluster scaler-cluster.
      09:03:09 INFO  Listed all our tasks in ECS; adopted 3 tasks of an earlier run.
      09:03:09 INFO  Launched 10 tasks (12 desired: 48 workers desired).
      09:03:09 DEBUG Group e-1-0: running, task 4f2e8a90.
      09:03:09 INFO  Task 4f2e8a90 of group e-1-0 ended: no longer needed.
      09:03:09 WARN  Task 4f2e8a90 of group e-1-1 ended: it did not start (CannotPullContainerError: no such image). Remedy: Correct what ECS names: the image and its registry, the subnet's route to the internet, the execution role, or the memory. If no worker came to the scheduler: let worker_scheduler_address be an address of its host that the subnets reach (at 127.0.0.1 a worker finds only its own task), and open its port in the security groups; scaler-ecs doctor checks both.
      09:03:09 INFO  Tasks: 9 running, 1 starting, 0 draining; 12 desired; 10 launched and 2 ended since the last summary (1 failed).
      09:03:09 WARN  Lost the connection to the scheduler: ECONNRESET: reset by peer. Remedy: Check that the scheduler runs and can be reached.
      09:03:09 WARN  The scheduler is back after 4 s.
      09:03:09 WARN  Nothing comes from the scheduler's monitor stream: ECONNREFUSED. Which workers are busy is unknown, so tasks that are stopped may lose work. Remedy: Set monitor_address to the scheduler's monitor address, and open its port (by default the scheduler's port + 2) to this machine.
      09:03:09 WARN  No launches for 60 s (quota of the account reached): You have reached the limit. Remedy: Correct what the reason names: permissions, image, network, role, memory, subnet or quota. Launching resumes by itself.
      09:03:09 ERROR Cannot prepare cluster, role and task definition (permission denied): User: x is not authorized. Remedy: Correct what the reason names: credentials, permissions, aws_region, or the task definition.
      09:03:09 INFO  Ended. Fargate tasks and launches left: 0.
      "
    `);
  });

  it('ends in one full stop and a break, and has no other', () => {
    const { log, written } = listen('INFO');
    log.report('scheduler.lost', { reason: 'a\r\nb\u0007\u202ec\u2028d.' });
    expect(written).toHaveLength(1);
    expect(written[0]).toContain('Lost the connection to the scheduler: a b\\u{7}\\u{202e}c d. ');
    expect(written[0]?.match(/\n/g)).toHaveLength(1);
  });

  it('stays readable whatever an answer of AWS holds', () => {
    const { log, written } = listen('INFO');
    log.report('bootstrap.failed', { kind: 'denied', reason: 'x'.repeat(100_000) });
    expect(written[0]?.length).toBeLessThan(700);
  });

  it('names its manager where several run', () => {
    const { log, written } = listen('INFO', { manager: 'wm-\u001b[2Jb' });
    log.report('scheduler.returned', { seconds: 4 });
    expect(written).toEqual(['09:03:09 WARN  [wm-\\u{1b}[2Jb] The scheduler is back after 4 s.\n']);
  });

  it('has a coloured level only where colours are wanted', () => {
    const plain = listen('INFO');
    const coloured = listen('INFO', { colour: true });
    severalLogs([plain.log, coloured.log]).report('scheduler.returned', { seconds: 4 });
    expect(plain.written.join('')).not.toContain('\u001b');
    expect(coloured.written).toEqual([
      '09:03:09 \u001b[33mWARN \u001b[0m The scheduler is back after 4 s.\n',
    ]);
  });

  it.each([
    ['CRITICAL', []],
    ['ERROR', ['ERROR']],
    ['WARNING', ['WARN', 'ERROR']],
    ['INFO', ['INFO', 'WARN', 'ERROR']],
    ['DEBUG', ['DEBUG', 'INFO', 'WARN', 'ERROR']],
  ] as const)('is written at %s for %j', (level, levels) => {
    const { log, written } = listen(level);
    log.report('inventory.completed', { adopted: 0 });
    log.report('journal.writeRecovered', { path: 'x' });
    log.report('identity.replaced', { path: 'x' });
    log.report('workers.incompatible', { reason: 'x' });
    expect(written.map((line) => line.split(/\s+/)[1])).toEqual(levels);
  });

  it('takes another level than that of the table', () => {
    const { log, written } = listen('INFO');
    log.report('scheduler.lost', { reason: 'x' }, 'debug');
    expect(written).toEqual([]);
  });
});
