import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { ProcessHandle } from './processes.ts';
import type { ScenarioContext } from './scenarioContext.ts';

/** One Fargate task in the emulator's ledger, which also lists tasks that DescribeTasks no longer shows. */
export interface LedgerTask {
  taskArn: string;
  taskId: string;
  startedBy: string | null;
  clientToken: string | null;
  lastStatus: string;
  desiredStatus: string;
  /** Number of StopTask calls for the task. */
  stopCalls: number;
}

export interface Emulator {
  process: ProcessHandle;
  url: string;
  accessKey: string;
  ledger: () => Promise<LedgerTask[]>;
  /** Sets the fault rules (`PUT /_emulator/faults`). */
  setFaults: (rules: unknown[]) => Promise<void>;
  /** Applies a fault to a running task (`POST /_emulator/strike`). */
  applyFault: (task: string, what: unknown) => Promise<void>;
}

export const repository = new URL('../..', import.meta.url).pathname;
export const command = join(repository, 'dist', 'cli', 'main.js');

export const isAlive = (task: LedgerTask): boolean => task.lastStatus !== 'STOPPED';

export async function startEmulator(
  context: ScenarioContext,
  name = 'emulator',
): Promise<Emulator> {
  let address = { url: '', accessKey: '' };
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
      address = addressFrom(line) ?? address;
    },
  });
  await context.waitFor('the emulator listens', 20_000, () => address.url, [emulator]);
  const { url, accessKey } = address;
  const send = (path: string, method = 'GET', body?: unknown) =>
    sendRequest(`${url}/_emulator/${path}`, accessKey, method, body);
  return {
    process: emulator,
    url,
    accessKey,
    ledger: async () => (JSON.parse(await send('ledger')) as { tasks: LedgerTask[] }).tasks,
    setFaults: async (rules) => {
      await send('faults', 'PUT', rules);
    },
    applyFault: async (task, what) => {
      await send('strike', 'POST', { task, do: what });
    },
  };
}

/** Uses node:http: fetch sends sec-fetch headers, like the browsers that the emulator refuses. */
const sendRequest = (url: string, accessKey: string, method: string, body?: unknown) =>
  new Promise<string>((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      authorization: `Bearer ${accessKey}`,
    };
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

function addressFrom(line: string): { url: string; accessKey: string } | null {
  try {
    const { url, accessKey } = JSON.parse(line);
    return typeof url === 'string' ? { url, accessKey } : null;
  } catch {
    return null;
  }
}
