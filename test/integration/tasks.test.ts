import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Account, startAccount } from './account.ts';

let account: Account;
let revision: string;
const open = async (options?: Parameters<typeof startAccount>[0]) => {
  account = await startAccount(options);
  ({ revision } = await account.prepare());
};
afterEach(() => account.close());

const order = (clientToken: string, count = 10) => ({ clientToken, count, revision });
const eventually = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 5_000 });
const phases = async (arns: string[]) => (await account.describe(arns)).map(({ phase }) => phase);

describe('a launch', () => {
  beforeEach(() => open());

  it('starts each task once, however often the same token is sent', async () => {
    const first = await account.launch(order('t-1'));
    expect(first.taskArns).toHaveLength(10);
    const { requestId: _, ...same } = first;
    expect(await account.launch(order('t-1'))).toMatchObject(same);
    expect(await account.list()).toHaveLength(10);
    const second = await account.launch(order('t-2'));
    expect(new Set([...first.taskArns, ...second.taskArns]).size).toBe(20);
  });

  it.each(['error500After', 'resetAfter'])(
    'is found again under the same token when the answer is lost by %s',
    async (fault) => {
      account.emulator.setFaults([{ operation: 'RunTask', when: { times: 1 }, do: fault }]);
      await expect(account.launch(order('t-1'))).rejects.toMatchObject({ kind: 'unreachable' });
      const { taskArns } = await account.launch(order('t-1'));
      const found = await account.list();
      expect(found.map(({ taskArn }) => taskArn).sort()).toEqual(taskArns.sort());
      expect(found.every(({ label }) => label === 'l-t-1')).toBe(true);
    },
  );

  it('is found again when the settings changed in between', async () => {
    const { taskArns } = await account.launch(order('t-1', 3));
    const again = await account.launch(order('t-1', 3), { pythonVersion: '3.13.1' });
    expect(again.taskArns.sort()).toEqual(taskArns.sort());
    expect(await account.list()).toHaveLength(3);
  });

  it('reports the tasks that started and the refusals of the others', async () => {
    account.emulator.setFaults([{ operation: 'RunTask', do: { vcpuQuota: 12 } }]);
    const { taskArns, refusals } = await account.launch(order('t-1', 5));
    expect(taskArns).toHaveLength(3);
    expect(refusals).toEqual(
      Array(2).fill({ kind: 'quota', reason: expect.stringContaining('number of vCPUs') }),
    );
  });

  it.each([
    ['throttle', 'throttled'],
    [{ throttleWrapped: 'RequestLimitExceeded' }, 'throttled'],
    ['error500Before', 'unreachable'],
    ['resetBefore', 'unreachable'],
    ['accessDenied', 'denied'],
    ['expiredToken', 'credentials'],
    ['blocked', 'denied'],
    ['serviceLinkedRole', 'refused'],
    [{ roleNotAssumableMs: 60_000 }, 'refused'],
    [{ rawAnswer: { raw: '<html>', status: 200 } }, 'unreachable'],
  ])('fails with a known kind of failure: %j is %s', async (fault, kind) => {
    account.emulator.setFaults([{ operation: 'RunTask', do: fault }]);
    await expect(account.launch(order('t-1', 1))).rejects.toMatchObject({ kind });
  });

  it('uses Spot once the cluster has the capacity provider', async () => {
    const spot = { capacityProvider: 'FARGATE_SPOT' } as const;
    await expect(account.launch(order('t-1', 1), spot)).rejects.toMatchObject({
      kind: 'unprepared',
      code: 'providerMissing',
    });
    await account.prepare(spot);
    expect((await account.launch(order('t-2', 1), spot)).taskArns).toHaveLength(1);
  });
});

describe('a task', () => {
  it('is observed in every phase from starting to stopped', async () => {
    await open({ startDelayMs: 300, stopDelayMs: 300 });
    const { taskArns } = await account.launch(order('t-1', 2));
    const [arn = '', other = ''] = taskArns;
    expect(await phases(taskArns)).toEqual(['starting', 'starting']);
    await eventually(async () => expect(await phases(taskArns)).toEqual(['running', 'running']));
    await account.stop(arn);
    expect(await account.describe([arn])).toMatchObject([{ phase: 'stopping', cause: 'drained' }]);
    await eventually(async () =>
      expect(await account.describe([arn])).toMatchObject([
        {
          phase: 'stopped',
          cause: 'drained',
          detail: expect.stringContaining('no longer desired'),
        },
      ]),
    );
    await account.stop(arn);
    expect((await account.list()).map(({ taskArn }) => taskArn)).toEqual([other]);
  });

  it('is observed as missing at first when ECS does not show it yet', async () => {
    await open({ missingMs: 200 });
    const { taskArns } = await account.launch(order('t-1', 1));
    expect(await phases(taskArns)).toEqual(['missing']);
    await eventually(async () => expect(await phases(taskArns)).toEqual(['running']));
  });

  it('is described among 120 others, in pages of 100', async () => {
    await open();
    const launched = await Promise.all(
      Array.from({ length: 12 }, (_, i) => account.launch(order(`t-${i}`))),
    );
    const arns = launched.flatMap(({ taskArns }) => taskArns);
    expect(await account.describe(arns)).toHaveLength(120);
    expect(await account.list()).toHaveLength(120);
  });

  it.each([
    [{ exit: { code: 3 } }, 'exited', /exit 3/],
    ['oom', 'exited', /OutOfMemoryError.*exit 137/],
    [{ startFailure: 'CannotPullContainerError: not found' }, 'startFailed', /CannotPull/],
    ['maintenance', 'interrupted', /maintenance/],
    [{ spotReclaim: { noticeMs: 0 } }, 'interrupted', /Spot/],
  ])('ends by %j with cause %s', async (fault, cause, detail) => {
    await open();
    account.emulator.setFaults([{ operation: 'RunTask', do: fault }]);
    const { taskArns } = await account.launch(order('t-1', 1));
    await eventually(async () =>
      expect(await account.describe(taskArns)).toMatchObject([
        { phase: 'stopped', cause, detail: expect.stringMatching(detail) },
      ]),
    );
  });

  it('is observed as stopping, cause interrupted, during the notice of a Spot interruption', async () => {
    await open();
    account.emulator.setFaults([
      { operation: 'RunTask', do: { spotReclaim: { noticeMs: 60_000 } } },
    ]);
    const { taskArns } = await account.launch(order('t-1', 1));
    await eventually(async () =>
      expect(await account.describe(taskArns)).toMatchObject([
        { phase: 'stopping', cause: 'interrupted' },
      ]),
    );
  });
});

describe('the ownership of a task', () => {
  beforeEach(() => open());

  it('follows from the ownership tag alone', async () => {
    const { taskArns } = await account.launch(order('t-1', 2));
    await account.launch(order('t-2', 3), { startedBy: 'se-others' });
    expect((await account.list()).map(({ taskArn }) => taskArn).sort()).toEqual(taskArns.sort());
    expect(await account.list('se-others')).toHaveLength(3);
    expect((await account.list())[0]).toMatchObject({ scheduler: 'tcp://203.0.113.7:8516' });
  });

  it('does not matter to StopTask: an unknown task counts as stopped', async () => {
    await expect(
      account.stop('arn:aws:ecs:us-east-1:123456789012:task/scaler-cluster/0123456789abcdef'),
    ).resolves.toBeNull();
  });
});

describe('the worker in a task', () => {
  it('gets its settings word for word and the id of its task', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'worker-'));
    const program = join(folder, 'scaler_worker_manager');
    const out = join(folder, 'out');
    writeFileSync(
      program,
      `#!/bin/sh
printf '%s\\0' "$SCALER_NETWORK_BACKEND" "$PYTHON_REQUIREMENTS" "$@" > '${out}.part'
mv '${out}.part' '${out}'
exec sleep 60
`,
    );
    chmodSync(program, 0o755);
    await open({ hollow: false, taskPath: folder });
    const {
      taskArns: [arn = ''],
    } = await account.launch(order('t-1', 1));
    await eventually(async () => expect(readdirSync(folder)).toContain('out'));
    const words = readFileSync(out, 'utf8').split('\0');
    expect(words.slice(0, 4)).toEqual([
      'ymq',
      'tomli;pargraph;parfun;pandas',
      'baremetal_native',
      'tcp://203.0.113.7:8516',
    ]);
    const after = (flag: string) => words[words.indexOf(flag) + 1];
    expect(after('--worker-type')).toBe(`ECS-${arn.split('/').at(-1)}`);
    expect(after('--worker-manager-id')).toBe('a b;touch X');
    expect(after('--per-worker-capabilities')).toBe('g$(id)=1');
    await account.stop(arn);
    await eventually(async () =>
      expect(await account.describe([arn])).toMatchObject([
        { phase: 'stopped', cause: 'drained', detail: expect.stringContaining('exit 143') },
      ]),
    );
    rmSync(folder, { recursive: true });
  });
});
