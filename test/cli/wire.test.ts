import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import yargs from 'yargs';
import { wireCommand } from '../../cli/wire.ts';

const vector = (name: string) => new URL(`../vectors/${name}.bin`, import.meta.url).pathname;

/** Runs `scaler-ecs wire ...` in this process. */
async function wire(...words: string[]) {
  await yargs(['wire', ...words])
    .command(wireCommand)
    .exitProcess(false)
    .strict()
    .parseAsync();
}

describe('scaler-ecs wire decode', () => {
  const out: string[] = [];
  const err: string[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'wire-'));

  beforeEach(() => {
    out.length = err.length = 0;
    vi.spyOn(console, 'log').mockImplementation((line) => void out.push(line));
    vi.spyOn(console, 'error').mockImplementation((line) => void err.push(line));
  });

  afterEach(() => {
    vi.restoreAllMocks();
    process.exitCode = undefined;
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('prints one JSON line for each file', async () => {
    const files = ['g3-echo', 'g3-heartbeat-no-capabilities', 'g1-command-start-worker-group'];
    await wire('decode', '--json', ...files.map(vector));
    expect(out.map((line) => JSON.parse(line))).toMatchObject([
      { file: vector('g3-echo'), generation: 'g3', message: 'workerManagerHeartbeatEcho' },
      {
        generation: 'g3',
        message: 'workerManagerHeartbeat',
        fields: {
          maxTaskConcurrency: 8,
          capabilities: [],
          workerManagerID: { hex: '776d2d656373', utf8: 'wm-ecs' },
        },
      },
      {
        generation: 'g1',
        message: 'workerAdapterCommand',
        fields: { command: { name: 'startWorkerGroup', value: 0 } },
      },
    ]);
    expect(err).toEqual([]);
    expect(process.exitCode).toBeUndefined();
  });

  it.each(['2.7.0', '2.8.0', '2.9.0'])(
    'identifies the messages of %s without a hint',
    async (release) => {
      const names = ['heartbeat-one-flag-capability', 'zmq-echo', 'ymq-command'];
      names.push('ymq-monitor-state-scheduler-busy', 'zmq-monitor-state-task-running');
      await wire('decode', '--json', ...names.map((name) => vector(`g4-${release}-${name}`)));
      const decoded = out.map((line) => JSON.parse(line));
      expect(decoded.map(({ generation }) => generation)).toEqual(names.map(() => 'g4'));
      expect(decoded.map(({ message }) => message)).toEqual([
        'workerManagerHeartbeat',
        'workerManagerHeartbeatEcho',
        'workerManagerCommand',
        'stateScheduler',
        'stateTask',
      ]);
      const [worker] = decoded[3].fields.workerManager.workers;
      expect(worker.hostname).toBe(release === '2.9.0' ? 'host.example' : '');
      expect(Number(worker.memLimit)).toBeGreaterThan(0);
    },
  );

  it('uses the hint where the bytes do not tell the generation', async () => {
    await wire('decode', '--json', '--generation', 'g1', vector('g1-echo'));
    expect(JSON.parse(out[0] as string)).toMatchObject({
      generation: 'g1',
      message: 'workerAdapterHeartbeatEcho',
      fields: {},
    });
  });

  it('prints one line for each broken file, goes on, and ends with status 2', async () => {
    writeFileSync(join(folder, 'broken'), 'no message at all');
    const stream = vector('ymq-tcp-session-scheduler-to-client');
    await wire(
      'decode',
      '--json',
      join(folder, 'absent'),
      join(folder, 'broken'),
      stream,
      folder,
      vector('g3-echo'),
    );
    expect(out).toHaveLength(1);
    expect(err).toHaveLength(4);
    expect(err[0]).toBe(`scaler-ecs wire: ${join(folder, 'absent')}: no such file`);
    for (const line of err) expect(line).toMatch(/^scaler-ecs wire: [^\n]+$/);
    expect(process.exitCode).toBe(2);
  });

  it('ends with status 1 when all files can be read and one cannot be decoded', async () => {
    writeFileSync(join(folder, 'broken'), 'no message at all');
    await wire('decode', join(folder, 'broken'));
    expect(process.exitCode).toBe(1);
  });
});
