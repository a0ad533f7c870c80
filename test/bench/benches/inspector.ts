import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { Bench } from '../bench.ts';
import { type BenchManager, cpuMeter, type Stage, unlimited, untilCalm } from '../stage.ts';

const calmSeconds = 20;
const motionSeconds = 60;
/** Between two changes of what the scheduler wants. */
const turnSeconds = 15;

/** Connects as the page does. Resolves when the past has been sent. */
async function watchPage({ logFile }: BenchManager): Promise<WebSocket> {
  const address = /http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]+/;
  let found: string | undefined;
  for (let i = 0; !found && i < 100; i++) {
    found = address.exec(readFileSync(logFile, 'utf8'))?.[0];
    await sleep(50);
  }
  const url = (found ?? '').replace('http', 'ws').replace('/?', '/feed?');
  const socket = new WebSocket(url, { maxPayload: 1e9 });
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('message', (data) => {
      if (String(data).includes('"live"')) resolve();
    });
  });
  return socket;
}

async function fleetOf(stage: Stage, groups: number, isInspected: boolean) {
  const emulator = await stage.emulator();
  const scheduler = await stage.scheduler({ workers: groups });
  const args = [...unlimited, '--settle-seconds', '1'];
  if (isInspected) args.push('--inspect', '--inspect-port', '0');
  const manager = stage.manager({ emulator, scheduler, args });
  await emulator.until(
    'all tasks run',
    (ledger) => ledger.tasks.filter(({ lastStatus }) => lastStatus === 'RUNNING').length >= groups,
  );
  await untilCalm(manager.pid);
  const page = isInspected ? await watchPage(manager) : null;
  await sleep(2000);
  return { scheduler, manager, close: () => page?.terminate() };
}

/** CPU of the manager while nothing changes, % of a core. */
async function calm(stage: Stage, groups: number, isInspected: boolean): Promise<number> {
  const { manager, close } = await fleetOf(stage, groups, isInspected);
  const cpu = cpuMeter(manager.pid);
  await sleep(calmSeconds * 1000);
  const seconds = cpu();
  close();
  await manager.kill();
  return (100 * seconds) / calmSeconds;
}

/** The same while the whole fleet is drained and launched again and again. */
async function motion(stage: Stage, groups: number, isInspected: boolean): Promise<number> {
  const { scheduler, manager, close } = await fleetOf(stage, groups, isInspected);
  const cpu = cpuMeter(manager.pid);
  for (let at = 0; at < motionSeconds; at += turnSeconds) {
    await scheduler.want((at / turnSeconds) % 2 === 0 ? 1 : groups, true);
    await sleep(turnSeconds * 1000);
  }
  const seconds = cpu();
  close();
  await manager.kill();
  return (100 * seconds) / motionSeconds;
}

/** What --inspect adds, with its page open. */
export const inspector: Bench = {
  name: 'inspector',
  what: '10,000 groups at rest, and 1,000 that are drained and launched again, with the page of --inspect open and without it',
  originalRounds: 0,
  rounds: 1,
  rows: [
    { id: 'inspector.calm', what: 'added by the page, 10,000 groups at rest', unit: '%', goal: 2 },
    {
      id: 'inspector.motion',
      what: 'added by the page, 1,000 groups in motion',
      unit: '%',
      goal: 5,
    },
  ],
  async run(stage, { groups }) {
    const plainMotion = await motion(stage, groups ?? 1000, false);
    const shownMotion = await motion(stage, groups ?? 1000, true);
    const plainCalm = await calm(stage, groups ?? 10_000, false);
    const shownCalm = await calm(stage, groups ?? 10_000, true);
    return {
      'inspector.motion': shownMotion - plainMotion,
      'inspector.calm': shownCalm - plainCalm,
    };
  },
};
