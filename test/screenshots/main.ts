/**
 * Takes the pictures of the README: runs the daemon beside the emulator and the demo's scheduler, lets a few things go
 * wrong, and draws what `status --watch` and `explain last` show in a terminal of 100 columns, and what the demo shows.
 * `npm run screenshots`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectControl } from '../../src/control/client.ts';
import { startScheduler } from '../../src/demo/scheduler.ts';
import { installWorkerProgram } from '../../src/demo/workerProgram.ts';
import { startEmulator } from '../../src/emulator/emulator.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { demoPicture } from './demo.ts';
import { svgOf, Terminal } from './terminal.ts';

const root = new URL('../..', import.meta.url).pathname;
const program = join(root, 'dist/cli/start.cjs');
const [columns, rows] = [100, 30];
const scratch = mkdtempSync(join(tmpdir(), 'scaler-ecs-pictures-'));
const state = join(scratch, 'state');
const children: ChildProcess[] = [];

demoPicture();

installWorkerProgram(join(scratch, 'bin'));
const scheduler = await startScheduler(100_000, () => {});
const emulator = await startEmulator({
  ...{ log: silentLog, taskPath: join(scratch, 'bin'), startDelayMs: 1500, stopDelayMs: 4000 },
});
const environment = {
  ...{ PATH: process.env.PATH, HOME: scratch, LANG: 'C.UTF-8', TERM: 'xterm-256color' },
  ...{ AWS_ENDPOINT_URL: emulator.url, AWS_ACCESS_KEY_ID: emulator.accessKey },
  ...{ AWS_SECRET_ACCESS_KEY: 'example', AWS_EC2_METADATA_DISABLED: 'true' },
};

try {
  const given = [
    '-wmi',
    'wm-ecs',
    '--ecs-subnets',
    'subnet-0abc1234def56789a',
    '--state-dir',
    state,
  ];
  const sizes = ['--ecs-task-cpu', '2', '--ecs-task-memory', '4', '-mtc', '8'];
  const rest = ['--settle-seconds', '0', '--max-usd-per-day', '20', '-lp', join(scratch, 'log')];
  const words = [program, 'run', scheduler.address, ...given, ...sizes, ...rest];
  children.push(spawn(process.execPath, words, { stdio: 'ignore', env: environment }));
  const client = await reached();
  const running = async () => (await client.ask('status', {})).fleet.groups.running;
  while ((await running()) < 5) await sleep(200);
  // The account may run no more, and one of the tasks has too little memory.
  emulator.setFaults([{ operation: 'RunTask', do: { vcpuQuota: 10 } }]);
  await strike({ oom: {} });
  await sleep(9000);
  const { groups } = await client.ask('groups', {});
  const leaving = groups.find(({ category }) => category === 'busy');
  if (leaving) await client.ask('drain', { groups: [leaving.groupId] });
  await sleep(1500);
  const history = await client.ask('history', {});
  const died =
    history
      .find(({ cause }) => cause === 'exited')
      ?.taskArn?.split('/')
      .at(-1) ?? '';
  client.close();
  await picture('status', 'scaler-ecs status --watch', ['status', '--watch'], 5000);
  await picture(
    'explain',
    'scaler-ecs explain, of a task with too little memory',
    ['explain', died.slice(0, 8)],
    3000,
    16,
  );
} finally {
  for (const child of children) child.kill('SIGKILL');
  await emulator.close();
  scheduler.close();
  rmSync(scratch, { recursive: true, force: true });
}
process.exit(0);

async function reached() {
  for (;;)
    try {
      return await connectControl(join(state, readdirSync(state)[0] ?? ''));
    } catch {
      await sleep(200);
    }
}

async function strike(blow: object): Promise<void> {
  await fetch(`${emulator.url}/_emulator/strike`, {
    method: 'POST',
    headers: { authorization: `Bearer ${emulator.accessKey}` },
    body: JSON.stringify({ count: 1, do: blow }),
  });
}

/** Runs a command in a terminal of its own, and draws what that shows after a while. */
async function picture(name: string, title: string, words: string[], ms: number, height = rows) {
  const command = [process.execPath, program, ...words, '--state-dir', state].join(' ');
  const child = spawn(
    'script',
    ['-qec', `stty cols ${columns} rows ${height}; ${command}`, '/dev/null'],
    {
      env: environment,
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  children.push(child);
  const terminal = new Terminal(columns, height);
  let isLeft = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    // What it shows before it leaves its screen.
    isLeft ||= text.includes('\x1b[?1049l');
    if (!isLeft) terminal.write(text);
  });
  await sleep(ms);
  mkdirSync(join(root, 'pictures'), { recursive: true });
  writeFileSync(join(root, `pictures/${name}.svg`), svgOf(terminal, title));
  process.stdout.write(`pictures/${name}.svg\n`);
  if (child.exitCode === null) {
    child.stdin.write('q');
    await Promise.race([once(child, 'exit'), sleep(2000)]);
  }
}
