import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { listLeft, stopLeft } from '../../src/daemon/control/gc.ts';
import { planGc } from '../../src/daemon/control/gcPlan.ts';
import { openJournal } from '../../src/store/journal.ts';
import { writeManagerFile } from '../../src/store/managerFile.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { launch } from '../src/store/samples.ts';
import { startAccount } from './account.ts';

it('gc finds and stops what a launch without an answer has started, after a change of fleet_id and ecs_cluster', async () => {
  const account = await startAccount();
  onTestFinished(() => account.close());
  vi.stubEnv('AWS_ENDPOINT_URL', account.emulator.url);
  vi.stubEnv('AWS_ACCESS_KEY_ID', account.emulator.accessKey);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'example');
  onTestFinished(() => void vi.unstubAllEnvs());
  const former = { cluster: 'before', startedBy: 'se-before' };
  const { revision } = await account.prepare({ cluster: 'before' });
  await account.prepare();
  const order = (clientToken: string) => ({ clientToken, count: 1, revision });
  const [arn] = (await account.launch(order('t-1'), former)).taskArns;
  // Of another fleet in that cluster.
  await account.launch(order('t-2'), { ...former, startedBy: 'se-other' });

  const dir = mkdtempSync(join(tmpdir(), 'gc-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const facts = { manager: 'wm', workerScheduler: 'tcp://s:1', mark: 'se-ours' };
  writeManagerFile(dir, { ...facts, region: 'us-east-1', cluster: 'scaler-cluster' }, silentLog);
  const journal = await openJournal(dir, silentLog);
  await journal.append({ ...launch('t-1'), revision, cluster: 'before', tag: 'se-before' });
  await journal.close();

  const plan = await planGc({ stateDir: dir }, process.env);
  const left = await listLeft(plan);
  expect(left.map(({ taskArn }) => taskArn)).toEqual([arn]);
  expect(await stopLeft(plan, left)).toEqual([{ taskArn: arn, failure: null }]);
  await expect.poll(() => listLeft(plan), { timeout: 5000 }).toEqual([]);
}, 30_000);
