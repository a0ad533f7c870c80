import { get as httpGet } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Running } from './processes.ts';
import type { Stage } from './stage.ts';

/** One Fargate task in the emulator's own books: everything it ever started, also what ECS has forgotten. */
export interface LedgerTask {
  taskArn: string;
  taskId: string;
  startedBy: string | null;
  clientToken: string | null;
  lastStatus: string;
  desiredStatus: string;
}

export interface Emulator {
  process: Running;
  url: string;
  ledger: () => Promise<LedgerTask[]>;
}

export const repository = new URL('../..', import.meta.url).pathname;
export const command = join(repository, 'dist', 'cli', 'main.js');

export const isAlive = (task: LedgerTask): boolean => task.lastStatus !== 'STOPPED';

export async function startEmulator(stage: Stage): Promise<Emulator> {
  let url = '';
  const emulator = stage.processes.start({
    name: 'emulator',
    command: process.execPath,
    args: [
      command,
      'emulator',
      '--port',
      '0',
      '--task-path',
      stage.venv.bin,
      '--log-dir',
      await stage.subdirectory('tasks'),
      '--start-delay-ms',
      '500',
    ],
    cwd: await stage.subdirectory('emulator'),
    onLine: (line) => {
      url ||= urlIn(line);
    },
  });
  await stage.until('the emulator listens', 20_000, () => url, [emulator]);
  return {
    process: emulator,
    url,
    ledger: async () =>
      (JSON.parse(await get(`${url}/_emulator/ledger`)) as { tasks: LedgerTask[] }).tasks,
  };
}

/** Not fetch: it calls itself a browser, and browsers are refused. */
const get = (url: string) =>
  new Promise<string>((resolve, reject) => {
    const request = httpGet(url, { timeout: 5000 }, async (response) => {
      try {
        const body = await text(response);
        if (response.statusCode === 200) resolve(body);
        else reject(new Error(`the emulator answered ${response.statusCode}: ${body}`));
      } catch (error) {
        reject(error);
      }
    });
    request.on('timeout', () => request.destroy(new Error('the emulator does not answer')));
    request.on('error', reject);
  });

function urlIn(line: string): string {
  try {
    return JSON.parse(line).url ?? '';
  } catch {
    return '';
  }
}
