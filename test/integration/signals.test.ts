import { describe, expect, it, vi } from 'vitest';
import type { Emulator } from '../../src/emulator/emulator.ts';
import { account, alive, schedulerForAll, start, temporaryStateDir } from './inProcess.ts';

const scheduler = schedulerForAll();

const begin = (stateDir: string, flags: string[] = []) => start(scheduler.address, stateDir, flags);

const launched = (emulator: Emulator) =>
  vi.waitFor(() => expect(alive(emulator)).toHaveLength(1), { timeout: 10_000 });

describe('a daemon that gets a signal to stop', () => {
  it('stops all tasks and exits with 0 because no task is left', async () => {
    const emulator = await account();
    const daemon = begin(temporaryStateDir());
    await launched(emulator);
    daemon.signal();
    expect(await daemon.status).toBe(0);
    expect(alive(emulator)).toEqual([]);
    expect(daemon.last()).toEqual({ left: 0, still: [], looked: true });
  }, 30_000);

  it('exits at once with 1 on the third signal, and logs the tasks that still run', async () => {
    const emulator = await account({ stopDelayMs: 60_000 });
    // Where nothing shows which groups are at work, none is waited for.
    const daemon = begin(temporaryStateDir(), ['--monitor-address', 'tcp://127.0.0.1:1']);
    await launched(emulator);
    daemon.signal();
    await new Promise((resolve) => setTimeout(resolve, 200));
    daemon.signal();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(daemon.last()).toBeUndefined();
    const at = performance.now();
    daemon.signal();
    expect(await daemon.status).toBe(1);
    expect(performance.now() - at).toBeLessThan(6000);
    const [task] = alive(emulator);
    expect(task?.desiredStatus).toBe('STOPPED');
    expect(daemon.last()).toEqual({ left: 1, still: [task?.taskArn], looked: true });
  }, 30_000);

  it('leaves its tasks running under the policy leave and exits with 0, and the next start adopts them', async () => {
    const emulator = await account();
    const dir = temporaryStateDir();
    const daemon = begin(dir, ['--sigterm-policy', 'leave']);
    await launched(emulator);
    daemon.signal();
    expect(await daemon.status).toBe(0);
    const [task] = alive(emulator);
    expect(daemon.last()).toEqual({ left: 1, still: [task?.taskArn], looked: true });

    const next = begin(dir);
    await vi.waitFor(() => expect(next.said.map(({ text }) => text)).toContain('demand.changed'), {
      timeout: 10_000,
    });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    // It is the same task, and no other.
    expect(alive(emulator).map(({ taskArn }) => taskArn)).toEqual([task?.taskArn]);
    next.signal();
    expect(await next.status).toBe(0);
    expect(alive(emulator)).toEqual([]);
    expect(emulator.ledger().tasks).toHaveLength(1);
  }, 30_000);
});
