import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { fleetOwnershipTag } from '../../../../src/aws/launch/ownershipTag.ts';
import { findManager } from '../../../../src/daemon/control/managers.ts';
import { writeManagerFile } from '../../../../src/store/managerFile.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';

function root(...managers: [id: string, scheduler: string | null][]): string {
  const dir = mkdtempSync(join(tmpdir(), 'managers-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  managers.forEach(([id, workerScheduler], index) => {
    const one = join(dir, `${id.replace(/\W/g, '_')}-${String(index).padStart(12, '0')}`);
    mkdirSync(one);
    writeFileSync(join(one, 'journal'), '');
    const facts = { manager: id, mark: 'se-x', region: 'r', cluster: 'c' };
    if (workerScheduler !== null) writeManagerFile(one, { ...facts, workerScheduler }, silentLog);
  });
  return dir;
}

async function listenIn(dir: string): Promise<void> {
  const server = createServer((socket) => socket.destroy());
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(join(dir, 'control.sock'), resolve));
}

const find = async (stateDir: string, managerId?: string, env = {}) =>
  (await findManager({ stateDir, managerId }, env)).dir.slice(stateDir.length + 1);

it('the only manager is meant, whether its directory or the root is given', async () => {
  const dir = root(['a b', 'tcp://s:1']);
  const name = 'a_b-000000000000';
  expect(await find(dir)).toBe(name);
  expect((await findManager({ stateDir: join(dir, name) }, {})).id).toBe('a b');
  expect((await findManager({}, { SCALER_STATE_DIR: dir })).file?.workerScheduler).toBe(
    'tcp://s:1',
  );
});

it('of several managers the one with the id is meant, by flag or by variable', async () => {
  const dir = root(['a', 'tcp://s:1'], ['b', 'tcp://s:1'], ['c d', null]);
  expect(await find(dir, 'b')).toBe('b-000000000001');
  expect(await find(dir, undefined, { SCALER_WORKER_MANAGER_ID: 'a' })).toBe('a-000000000000');
  // An earlier release wrote no file: the name of its directory tells most of the id.
  expect(await find(dir, 'c d')).toBe('c_d-000000000002');
});

it('of several managers the only one that listens is meant', async () => {
  const dir = root(['a', 'tcp://s:1'], ['b', 'tcp://s:1']);
  await listenIn(join(dir, 'b-000000000001'));
  expect(await find(dir)).toBe('b-000000000001');
});

it('several that could be meant are listed in one line', async () => {
  const dir = root(['a', 'tcp://s:1'], ['a', 'tcp://s:2'], ['b', 'tcp://s:1']);
  await expect(find(dir)).rejects.toMatchObject({
    kind: 'config',
    message: expect.stringMatching(
      /^several managers are known in .*choose with --worker-manager-id: a \(scheduler tcp:\/\/s:1, .*b \(.*$/,
    ),
  });
  await expect(find(dir, 'a')).rejects.toThrow(/choose with --state-dir.*tcp:\/\/s:2/);
});

it('one that is not there is said with where it was looked for, and what is there', async () => {
  const dir = root(['a', 'tcp://s:1']);
  await expect(find(dir, 'z')).rejects.toMatchObject({
    kind: 'noDaemon',
    message: expect.stringContaining(`no state of the manager "z" in ${dir}; there are: a (`),
  });
  await expect(find('/nonexistent')).rejects.toThrow('no state of a manager in /nonexistent');
});

it('a configuration file says where its managers are', async () => {
  const dir = root();
  const file = join(dir, 'config.toml');
  writeFileSync(
    file,
    `[[scaler_ecs]]\nscheduler_address = "tcp://10.0.0.1:1"\nworker_manager_id = "wm"\necs_subnets = "subnet-1"\nstate_dir = "${dir}"\n`,
  );
  const manager = await findManager({ config: file }, { HOME: dir });
  expect([manager.id, manager.file]).toEqual(['wm', null]);
  expect(manager.dir).toMatch(new RegExp(`^${dir}/wm-[0-9a-f]{12}$`));
});

it('a configuration file with a fleet_id leads to the directory that the fleet has', async () => {
  const dir = root(['wm', null]);
  const kept = join(dir, 'wm-000000000000');
  const facts = { manager: 'wm', workerScheduler: 'tcp://s:1', region: 'r', cluster: 'c' };
  writeManagerFile(kept, { ...facts, mark: fleetOwnershipTag('f') }, silentLog);
  const file = join(dir, 'config.toml');
  writeFileSync(
    file,
    `[[scaler_ecs]]\nscheduler_address = "tcp://10.0.0.1:1"\nworker_manager_id = "wm"\necs_subnets = "subnet-1"\nfleet_id = "f"\nstate_dir = "${dir}"\n`,
  );
  expect((await findManager({ config: file }, { HOME: dir })).dir).toBe(kept);
});
