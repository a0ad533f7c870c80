import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { Bench } from '../bench.ts';
import { profiler, secondsIn } from '../profile.ts';
import {
  type BenchEmulator,
  type BenchManager,
  type BenchScheduler,
  type Stage,
  unlimited,
  untilCalm,
} from '../stage.ts';

const debuggerPort = 9339;
const calmSeconds = 20;
const motionSeconds = 60;

/** Connects as the page does. Resolves when the past has been sent; then counts the groups that are born. */
async function watchPage({ logFile }: BenchManager) {
  const address = /http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]+/;
  const url = address.exec(readFileSync(logFile, 'utf8'))?.[0] ?? '';
  const socket = new WebSocket(url.replace('http', 'ws').replace('/?', '/feed?'), {
    maxPayload: 1e9,
  });
  let born = 0;
  let ended = 0;
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('message', (data) => {
      const text = String(data);
      born += text.split('"born":"group.').length - 1;
      ended += text.split('"ended":"done","output":{"groupId"').length - 1;
      if (text.includes('"live"')) resolve();
    });
  });
  born = 0;
  ended = 0;
  return { born: () => born, ended: () => ended, close: () => socket.terminate() };
}

interface Fleet {
  emulator: BenchEmulator;
  scheduler: BenchScheduler;
  groups: number;
}
type Act = (fleet: Fleet) => Promise<unknown>;

const allRun = ({ emulator, groups }: Fleet) =>
  emulator.until(
    'all tasks run',
    (ledger) => ledger.tasks.filter(({ lastStatus }) => lastStatus === 'RUNNING').length >= groups,
  );

/** How much of a core the inspector uses while `act` runs, with its page open, %. */
async function shareOfCore(stage: Stage, groups: number, before: Act, act: Act): Promise<number> {
  const emulator = await stage.emulator();
  const scheduler = await stage.scheduler({ workers: 1 });
  const manager = stage.manager({
    ...{ emulator, scheduler, nodeArgs: [`--inspect=127.0.0.1:${debuggerPort}`] },
    args: [
      ...[...unlimited, '--settle-seconds', '1', '--scale-down-cooldown-seconds', '0'],
      ...['--inspect', '--inspect-port', '0'],
    ],
  });
  const fleet = { emulator, scheduler, groups };
  await allRun({ ...fleet, groups: 1 });
  await before(fleet);
  await untilCalm(manager.pid);
  const page = await watchPage(manager);
  const profile = await profiler(debuggerPort);
  await profile.start();
  const begun = performance.now();
  await act(fleet);
  const seconds = (performance.now() - begun) / 1000;
  const spent = secondsIn(await profile.stop(), /telemetry\/inspector\/|\/inspect-\w+\.js/);
  process.stderr.write(
    `${groups} groups, ${seconds.toFixed(0)} s: ${page.born()} launched, ${page.ended()} ended\n`,
  );
  profile.close();
  page.close();
  await manager.kill();
  return (100 * spent) / seconds;
}

/** All groups are launched; their workers connect; all are drained. */
const move: Act = async (fleet) => {
  const { scheduler, groups } = fleet;
  const begun = performance.now();
  await scheduler.desire(groups, true);
  const { tasks } = await allRun(fleet);
  const taskIds = tasks.map(({ taskId }) => taskId);
  await scheduler.show({ ask: 'connect', taskIds, each: 1, perSecond: 200 });
  await scheduler.desire(1, true);
  await sleep(Math.max(5000, motionSeconds * 1000 - (performance.now() - begun)));
};

const launchAll: Act = async (fleet) => {
  await fleet.scheduler.desire(fleet.groups, true);
  await allRun(fleet);
  // Until the manager has seen each of them run.
  await sleep(20_000);
};

/** What --inspect costs. Measured by a profile, which tells it from the noise of everything else. */
export const inspector: Bench = {
  name: 'inspector',
  what: '10,000 groups at rest, and 1,000 that are launched and drained within a minute, with the page of --inspect open',
  originalRounds: 0,
  rounds: 1,
  rows: [
    {
      ...{ id: 'inspector.calm', unit: '%', goal: 2 },
      why: 'events of the actors are encoded for the page and sent',
      what: 'of a core for the page, 10,000 groups at rest',
    },
    {
      ...{ id: 'inspector.motion', unit: '%', goal: 5 },
      why: 'events of the actors are encoded for the page and sent',
      what: 'of a core for the page, 1,000 groups in motion',
    },
  ],
  async run(stage, { groups }) {
    return {
      'inspector.motion': await shareOfCore(stage, groups ?? 1000, async () => {}, move),
      'inspector.calm': await shareOfCore(stage, groups ?? 10_000, launchAll, () =>
        sleep(calmSeconds * 1000),
      ),
    };
  },
};
