import { join } from 'node:path';
import type { Running } from './processes.ts';
import type { Stage } from './stage.ts';

/** One Fargate task in the emulator's own books: everything it ever started, also what ECS has forgotten. */
export interface LedgerTask {
  taskArn: string;
  /** The last part of the ARN. */
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
    async ledger() {
      const response = await fetch(`${url}/_emulator/ledger`, {
        signal: AbortSignal.timeout(5000),
      });
      if (!response.ok) throw new Error(`the emulator's ledger answered ${response.status}`);
      const { tasks } = (await response.json()) as { tasks: Omit<LedgerTask, 'taskId'>[] };
      return tasks.map((task) => ({ ...task, taskId: task.taskArn.split('/').at(-1) ?? '' }));
    },
  };
}

function urlIn(line: string): string {
  try {
    return JSON.parse(line).url ?? '';
  } catch {
    return '';
  }
}
