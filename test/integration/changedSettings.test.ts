import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { stateName } from '../../src/config/statePaths.ts';
import { startScheduler } from '../../src/demo/scheduler.ts';
import { readFrames } from '../../src/store/frames.ts';
import { openJournal } from '../../src/store/journal.ts';
import { type LaunchRecord, parseRecord } from '../../src/store/records.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { account, alive, schedulerForAll, start, temporaryStateDir } from './inProcess.ts';

const scheduler = schedulerForAll();

/** The launch that a journal file holds. */
function launchIn(dir: string): LaunchRecord {
  const { records } = readFrames(readFileSync(join(dir, 'journal')));
  const launch = records.map(parseRecord).find((record) => record?.kind === 'launch');
  if (launch?.kind !== 'launch') throw new Error('no launch in the journal');
  return launch;
}

it('a launch that is open when ecs_cluster changes is sent to its own cluster, and nothing is launched twice', async () => {
  const emulator = await account();
  const root = temporaryStateDir();
  const first = start(scheduler.address, root, ['--ecs-cluster', 'before']);
  await vi.waitFor(() => expect(alive(emulator)).toHaveLength(1), { timeout: 10_000 });
  const dir = join(root, stateName('wm', scheduler.address));
  const { kind, ...sent } = launchIn(dir);
  first.signal();
  expect(await first.status).toBe(0);

  // As after a kill between the record and the answer.
  const journal = await openJournal(dir, silentLog);
  await journal.append({ kind, ...sent, label: 'x-1', clientToken: 'se-x-1', at: Date.now() });
  await journal.close();

  const second = start(scheduler.address, root, ['--ecs-cluster', 'after']);
  await vi.waitFor(() => expect(alive(emulator)).toHaveLength(1), { timeout: 10_000 });
  await vi.waitFor(
    () => expect(second.said.map(({ text }) => text)).toContain('inventory.completed'),
    { timeout: 10_000 },
  );
  await new Promise((resolve) => setTimeout(resolve, 2000));
  expect(alive(emulator).map(({ cluster }) => cluster)).toEqual(['before']);
  expect(emulator.ledger().tasks).toHaveLength(2);
  second.signal();
  expect(await second.status).toBe(0);
  expect(alive(emulator)).toEqual([]);
}, 40_000);

it('tasks that a manager at another scheduler address has left behind are reported, with that address', async () => {
  const emulator = await account();
  const root = temporaryStateDir();
  const first = start(scheduler.address, root, ['--sigterm-policy', 'leave']);
  await vi.waitFor(() => expect(alive(emulator)).toHaveLength(1), { timeout: 10_000 });
  first.signal();
  expect(await first.status).toBe(0);
  const [left] = alive(emulator);

  const moved = await startScheduler(0, () => {});
  const second = start(moved.address, root);
  const found = () => second.said.find(({ text }) => text === 'siblings.tasksFound')?.fields;
  await vi.waitFor(() => expect(found()).toBeDefined(), { timeout: 15_000 });
  expect(found()).toMatchObject({
    path: join(root, stateName('wm', scheduler.address)),
    ...{ manager: 'wm', scheduler: scheduler.address, tasks: [left?.taskArn], launches: 0 },
  });
  second.signal();
  expect(await second.status).toBe(0);
  expect(alive(emulator)).toHaveLength(1);
  moved.close();
}, 40_000);
