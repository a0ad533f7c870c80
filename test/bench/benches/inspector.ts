import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { Bench } from '../bench.ts';
import { profiler, secondsIn } from '../profile.ts';
import { type BenchManager, type Stage, unlimited, untilCalm } from '../stage.ts';

const debuggerPort = 9339;
const calmSeconds = 20;
/** Between two changes of what the scheduler wants. */
const turnSeconds = 15;
const turns = 4;

/** Connects as the page does. Resolves when the past has been sent; then counts the groups that are born. */
async function watchPage({ logFile }: BenchManager) {
  const address = /http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]+/;
  const url = address.exec(readFileSync(logFile, 'utf8'))?.[0] ?? '';
  const socket = new WebSocket(url.replace('http', 'ws').replace('/?', '/feed?'), {
    maxPayload: 1e9,
  });
  let born = 0;
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('message', (data) => {
      const text = String(data);
      born += text.split('"born":"group.').length - 1;
      if (text.includes('"live"')) resolve();
    });
  });
  born = 0;
  return { born: () => born, close: () => socket.terminate() };
}

/** How much of a core the inspector uses while `act` runs, with its page open, %. */
async function shareOfCore(stage: Stage, groups: number, act: Act): Promise<number> {
  const emulator = await stage.emulator();
  const scheduler = await stage.scheduler({ workers: groups });
  const manager = stage.manager({
    ...{ emulator, scheduler, nodeArgs: [`--inspect=127.0.0.1:${debuggerPort}`] },
    args: [
      ...[...unlimited, '--settle-seconds', '1', '--scale-down-cooldown-seconds', '0'],
      ...['--inspect', '--inspect-port', '0'],
    ],
  });
  await emulator.until(
    'all tasks run',
    (ledger) => ledger.tasks.filter(({ lastStatus }) => lastStatus === 'RUNNING').length >= groups,
  );
  await untilCalm(manager.pid);
  const page = await watchPage(manager);
  const profile = await profiler(debuggerPort);
  await profile.start();
  const begun = performance.now();
  await act(scheduler, groups);
  const seconds = (performance.now() - begun) / 1000;
  const spent = secondsIn(await profile.stop(), /telemetry\/inspector\//);
  process.stderr.write(
    `${groups} groups: ${page.born()} were launched in ${seconds.toFixed(0)} s\n`,
  );
  profile.close();
  page.close();
  await manager.kill();
  return (100 * spent) / seconds;
}

type Act = (
  scheduler: { want(workers: number, now: boolean): Promise<unknown> },
  groups: number,
) => Promise<void>;

/** The whole fleet is drained and launched, again and again. */
const move: Act = async (scheduler, groups) => {
  for (let turn = 0; turn < turns; turn++) {
    await scheduler.want(turn % 2 === 0 ? 1 : groups, true);
    await sleep(turnSeconds * 1000);
  }
};

/** What --inspect costs. Measured by a profile, which tells it from the noise of everything else. */
export const inspector: Bench = {
  name: 'inspector',
  what: '10,000 groups at rest, and 1,000 that are drained and launched again, with the page of --inspect open',
  originalRounds: 0,
  rounds: 1,
  rows: [
    {
      id: 'inspector.calm',
      what: 'of a core for the page, 10,000 groups at rest',
      unit: '%',
      goal: 2,
    },
    {
      id: 'inspector.motion',
      what: 'of a core for the page, 1,000 groups in motion',
      unit: '%',
      goal: 5,
    },
  ],
  async run(stage, { groups }) {
    return {
      'inspector.motion': await shareOfCore(stage, groups ?? 1000, move),
      'inspector.calm': await shareOfCore(stage, groups ?? 10_000, () => sleep(calmSeconds * 1000)),
    };
  },
};
