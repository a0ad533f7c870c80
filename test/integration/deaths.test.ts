import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { EndedSummary, Explained, Life } from '../../src/control/api.ts';
import { type ControlClient, connectControl } from '../../src/control/client.ts';
import { explainFromJournal } from '../../src/daemon/control/fromJournal.ts';
import { type Scheduler, startScheduler } from '../../src/demo/scheduler.ts';
import { type Emulator, startEmulator } from '../../src/emulator/emulator.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { dummyCredentials, start } from './inProcess.ts';

/** How a task is made to die: by a fault of the emulator for its launch, or by a blow once it runs. */
interface Death {
  what: string;
  launch?: unknown;
  strike?: unknown;
  cause: string;
  /** What AWS, or the daemon itself, says of it. */
  words: RegExp;
  diagnosis: RegExp;
  remedy: RegExp | null;
}

const notPulled =
  'CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref docker.io';

const deaths: Death[] = [
  {
    what: 'an image that does not exist',
    launch: { startFailure: `${notPulled}/a/b:c: docker.io/a/b:c: not found` },
    cause: 'startFailed',
    words: /TaskFailedToStart; CannotPullContainerError: .*not found/,
    diagnosis: /The image cannot be pulled: there is none of this name/,
    remedy: /Correct ecs_task_image/,
  },
  {
    what: 'a subnet without a way to the registry',
    launch: { startFailure: `${notPulled}/a/b:c: dial tcp 1.2.3.4:443: i/o timeout` },
    cause: 'startFailed',
    words: /i\/o timeout/,
    diagnosis: /its registry cannot be reached from the subnet/,
    remedy: /NAT gateway/,
  },
  {
    what: 'a log group that is missing',
    launch: {
      startFailure:
        'ResourceInitializationError: failed to validate logger args: ResourceNotFoundException: The specified log group does not exist.',
    },
    cause: 'startFailed',
    words: /log group does not exist/,
    diagnosis: /The log of the container cannot be opened/,
    remedy: /Make the log group/,
  },
  {
    what: 'no network interface',
    launch: { startFailure: 'Timeout waiting for network interface provisioning to complete.' },
    cause: 'startFailed',
    words: /Timeout waiting for network interface/,
    diagnosis: /could not attach a network interface/,
    remedy: /free addresses/,
  },
  {
    what: 'a task that hangs in PROVISIONING',
    launch: 'stuckProvisioning',
    cause: 'startFailed',
    words: /^not running \d+ s after its launch/,
    diagnosis: /did not get the task to run in time/,
    remedy: /route to the internet/,
  },
  {
    what: 'a worker that exits with code 1',
    strike: { exit: { code: 1 } },
    cause: 'exited',
    words: /EssentialContainerExited.*exit 1$/,
    diagnosis: /Its workers exited with code 1/,
    remedy: /Read the container's log/,
  },
  {
    what: 'a program that is missing in the image',
    strike: { exit: { code: 127 } },
    cause: 'exited',
    words: /exit 127$/,
    diagnosis: /A program of the command was not found/,
    remedy: /Scaler in it/,
  },
  {
    what: 'a command line that the workers refuse',
    strike: { exit: { code: 2 } },
    cause: 'exited',
    words: /exit 2$/,
    diagnosis: /refused their command line/,
    remedy: /worker_scaler_version/,
  },
  {
    what: 'too little memory',
    strike: { oom: {} },
    cause: 'exited',
    words: /OutOfMemoryError/,
    diagnosis: /more memory than the task has/,
    remedy: /ecs_task_memory/,
  },
  {
    what: 'Spot capacity that is taken back',
    strike: { spotReclaim: { noticeMs: 0 } },
    cause: 'interrupted',
    words: /SpotInterruption/,
    diagnosis: /AWS took the Spot capacity back/,
    remedy: /^Nothing: it is replaced/,
  },
  {
    what: 'maintenance of the host',
    strike: { maintenance: {} },
    cause: 'interrupted',
    words: /maintenance/,
    diagnosis: /out of service/,
    remedy: /^Nothing/,
  },
  {
    what: 'a quota of the account',
    launch: { vcpuQuota: 0 },
    cause: 'launchFailed',
    words: /limit on the number of vCPUs/,
    diagnosis: /a quota of Fargate is reached/,
    remedy: /L-3032A538/,
  },
  {
    what: 'a right that is missing',
    launch: 'accessDenied',
    cause: 'launchFailed',
    words: /not authorized to perform: ecs:RunTask/,
    diagnosis: /We may not launch tasks/,
    remedy: /scaler-ecs policy/,
  },
];

let scheduler: Scheduler;
let emulator: Emulator;
let daemon: ReturnType<typeof start>;
let client: ControlClient;
let dir: string;

beforeAll(async () => {
  dummyCredentials();
  dir = mkdtempSync(join(tmpdir(), 'deaths-'));
  // Work for one task, that no worker will ever do.
  scheduler = await startScheduler(1, () => {});
  emulator = await startEmulator({ log: silentLog, hollow: true, startDelayMs: 100 });
  vi.stubEnv('AWS_ENDPOINT_URL', emulator.url);
  vi.stubEnv('AWS_ACCESS_KEY_ID', emulator.accessKey);
  daemon = start(scheduler.address, dir, ['--start-deadline', '6']);
  await vi.waitFor(() => expect(readdirSync(stateDir())).toContain('control.sock'), 20_000);
  client = await connectControl(stateDir());
});

afterAll(async () => {
  client.close();
  daemon.signal();
  await daemon.status;
  await emulator.close();
  scheduler.close();
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true });
});

const stateDir = () => join(dir, readdirSync(dir)[0] ?? '');
const running = () => emulator.ledger().tasks.filter(({ lastStatus }) => lastStatus === 'RUNNING');

async function strike(blow: unknown): Promise<void> {
  const answer = await fetch(`${emulator.url}/_emulator/strike`, {
    method: 'POST',
    headers: { authorization: `Bearer ${emulator.accessKey}` },
    body: JSON.stringify({ do: blow }),
  });
  expect(answer.status).toBe(200);
}

/** The first group that ends after these with this cause and these words. */
async function nextDeath(
  before: EndedSummary[],
  cause: string,
  words: RegExp,
): Promise<EndedSummary> {
  const known = new Set(before.map(({ groupId }) => groupId));
  return vi.waitFor(
    async () => {
      await client.ask('retry', {});
      const ended = await client.ask('history', {});
      const found = ended.find(
        (each) => !known.has(each.groupId) && each.cause === cause && words.test(each.detail ?? ''),
      );
      if (!found) throw new Error(`none of ${ended.length} ended as ${cause}`);
      return found;
    },
    { timeout: 40_000, interval: 500 },
  );
}

const lifeIn = (explained: Explained | null): Life => {
  if (explained === null || !('life' in explained)) throw new Error('no such life');
  return explained.life;
};

describe('explain tells of', () => {
  it.each(deaths)(
    '$what, with the words of AWS, a diagnosis and a remedy',
    async ({ launch, strike: blow, cause, words, diagnosis, remedy }) => {
      const before = await client.ask('history', {});
      emulator.setFaults(
        launch === undefined ? [] : [{ operation: 'RunTask', do: launch } as never],
      );
      if (launch !== undefined) await strike({ exit: { code: 0 } });
      else {
        await vi.waitFor(
          async () => {
            await client.ask('retry', {});
            expect(running()).toHaveLength(1);
          },
          { timeout: 40_000, interval: 300 },
        );
        await strike(blow);
      }
      const { groupId } = await nextDeath(before, cause, words);
      const life = lifeIn(await client.ask('explain', { group: groupId }));
      expect(life).toMatchObject({ isAlive: false, cause });
      expect(life.diagnosis).toMatch(diagnosis);
      if (remedy === null) expect(life.remedy).toBeNull();
      else expect(life.remedy).toMatch(remedy);
      expect(life.steps[0]?.what).toMatch(/^requested/);
      expect(life.steps.at(-1)?.what).toMatch(/^ended/);
      // The journal alone tells the same, with fewer moments.
      const { steps: _, ...story } = lifeIn(explainFromJournal(stateDir(), groupId));
      const { steps: __, ...told } = life;
      expect(story).toEqual(told);
    },
    90_000,
  );
});
