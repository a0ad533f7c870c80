import { describe, expect, it, onTestFinished } from 'vitest';
import type { Config } from '../../../../src/config/config.ts';
import { openWatchers } from '../../../../src/daemon/watch/watchers.ts';
import { now } from '../../../../src/shared/clock.ts';
import type { Log } from '../../../../src/telemetry/log.ts';
import { managerFacts } from '../../../support/managerFacts.ts';

const config = (workerManagerId: string, address: string, port: number | null): Config =>
  ({
    workerManagerId,
    workerSchedulerAddress: { text: address },
    metrics: port === null ? null : { host: '127.0.0.1', port },
  }) as Config;

async function opened(configs: Config[]) {
  const watchers = await openWatchers(configs, {});
  onTestFinished(() => watchers.close());
  const said: Record<string, unknown>[] = [];
  const log: Log = { report: (name, fields) => said.push({ name, ...fields }) };
  return { watchers, said, log };
}

describe('the watchers of a process', () => {
  it('watch nothing that is not asked for', async () => {
    const one = config('wm', 'tcp://a:1', null);
    const { watchers, log, said } = await opened([one]);
    expect(watchers.of(one, log)).toBeNull();
    expect(said).toEqual([]);
    watchers.stopping();
  });

  it('watch the managers whose settings ask for it, and no others', async () => {
    const configs = [config('wm-a', 'tcp://a:1', 0), config('wm-b', 'tcp://a:1', null)] as const;
    const { watchers, log, said } = await opened([...configs]);
    expect(watchers.of(configs[0], log)).not.toBeNull();
    expect(watchers.of(configs[1], log)).toBeNull();
    expect(said.map(({ name }) => name)).toEqual(['metrics.opened']);
  });

  it('tell managers with one id apart by the address of their workers', async () => {
    const configs = [config('wm', 'tcp://a:1', 0), config('wm', 'tcp://b:1', 0)] as const;
    const { watchers, log, said } = await opened([...configs]);
    for (const each of configs)
      watchers.of(each, log)?.started({
        facts: () => managerFacts(now()),
        limits: () => ({ buckets: [], waiting: [] }),
      });
    const text = await (await fetch(String(said[0]?.url))).text();
    expect(text).toContain('scaler_ecs_desired_tasks{manager="wm tcp://a:1"} 2');
    expect(text).toContain('scaler_ecs_desired_tasks{manager="wm tcp://b:1"} 2');
  });

  it('end with the process', async () => {
    const one = config('wm', 'tcp://a:1', 0);
    const { watchers, log, said } = await opened([one]);
    watchers.of(one, log);
    await watchers.close();
    await expect(fetch(String(said[0]?.url))).rejects.toThrow('fetch failed');
  });
});
