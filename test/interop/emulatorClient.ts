import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { ProcessHandle } from './processes.ts';
import type { ScenarioContext } from './scenarioContext.ts';

/** One Fargate task in the emulator's own books: everything it ever started, also what ECS has forgotten. */
export interface LedgerTask {
  taskArn: string;
  taskId: string;
  startedBy: string | null;
  clientToken: string | null;
  lastStatus: string;
  desiredStatus: string;
  /** How often StopTask named it. */
  stopCalls: number;
}

export interface Emulator {
  process: ProcessHandle;
  url: string;
  ledger: () => Promise<LedgerTask[]>;
  /** Fault rules, as `PUT /_emulator/faults` takes them. */
  setFaults: (rules: unknown[]) => Promise<void>;
  /** Hits one running task, as `POST /_emulator/strike` does. */
  applyFault: (task: string, what: unknown) => Promise<void>;
}

export const repository = new URL('../..', import.meta.url).pathname;
export const command = join(repository, 'dist', 'cli', 'main.js');

export const isAlive = (task: LedgerTask): boolean => task.lastStatus !== 'STOPPED';

export async function startEmulator(
  context: ScenarioContext,
  name = 'emulator',
): Promise<Emulator> {
  let url = '';
  const emulator = context.processes.start({
    name,
    command: process.execPath,
    args: [
      command,
      'emulator',
      '--port',
      '0',
      '--task-path',
      context.venv.bin,
      '--log-dir',
      await context.subdirectory('tasks'),
      '--start-delay-ms',
      '500',
    ],
    cwd: await context.subdirectory(name),
    onLine: (line) => {
      url ||= urlFrom(line);
    },
  });
  await context.waitFor('the emulator listens', 20_000, () => url, [emulator]);
  return {
    process: emulator,
    url,
    ledger: async () =>
      (JSON.parse(await sendRequest(`${url}/_emulator/ledger`)) as { tasks: LedgerTask[] }).tasks,
    setFaults: async (rules) => {
      await sendRequest(`${url}/_emulator/faults`, 'PUT', rules);
    },
    applyFault: async (task, what) => {
      await sendRequest(`${url}/_emulator/strike`, 'POST', { task, do: what });
    },
  };
}

/** Not fetch: it calls itself a browser, and browsers are refused. */
const sendRequest = (url: string, method = 'GET', body?: unknown) =>
  new Promise<string>((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const request = httpRequest(url, { method, headers, timeout: 5000 }, async (response) => {
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
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });

function urlFrom(line: string): string {
  try {
    return JSON.parse(line).url ?? '';
  } catch {
    return '';
  }
}
