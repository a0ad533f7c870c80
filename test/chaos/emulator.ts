import { join } from 'node:path';
import type { FaultRule } from '../../src/emulator/faults.ts';
import type { LedgerTask, LedgerView } from '../../src/emulator/ledger.ts';
import type { Processes, ProcessHandle } from '../interop/processes.ts';
import { eventually } from './eventually.ts';

/** The emulator as a process, and its admin interface. */
export interface EmulatorProcess {
  process: ProcessHandle;
  url: string;
  accessKey: string;
  ledger(): Promise<LedgerView>;
  setFaults(rules: FaultRule[]): Promise<void>;
  applyFault(taskArn: string, fault: FaultRule['do']): Promise<void>;
  /** Calls an ECS operation as another client, not through the proxy. */
  call(operation: string, body: object): Promise<void>;
}

export const repository = new URL('../..', import.meta.url).pathname;
export const program = join(repository, 'dist', 'cli', 'main.js');

/** A key that was given is not printed. */
function addressFrom(line: string): { url: string; accessKey?: string } | null {
  try {
    const { url, accessKey } = JSON.parse(line);
    return typeof url === 'string' ? { url, accessKey } : null;
  } catch {
    return null;
  }
}

export async function startEmulator(
  processes: Processes,
  dir: string,
  flags: string[],
): Promise<EmulatorProcess> {
  let address: { url: string; accessKey?: string } = { url: '' };
  const running = processes.start({
    name: 'emulator',
    command: process.execPath,
    args: [program, 'emulator', '--port', '0', '--hollow', ...flags],
    cwd: dir,
    onLine: (line) => {
      address = addressFrom(line) ?? address;
    },
  });
  await eventually('the emulator listens', 20_000, () => address.url !== '', running);
  const given = flags[flags.indexOf('--access-key') + 1] ?? '';
  const { url, accessKey = given } = address;
  const authorization = `Bearer ${accessKey}`;

  const send = async (method: string, path: string, body?: object, headers = {}) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { authorization, ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`the emulator answered ${answer.status}: ${text}`);
    return JSON.parse(text);
  };
  return {
    process: running,
    url,
    accessKey,
    ledger: () => send('GET', '/_emulator/ledger'),
    setFaults: (rules) => send('PUT', '/_emulator/faults', rules),
    applyFault: (task, fault) => send('POST', '/_emulator/strike', { task, do: fault }),
    call: (operation, body) =>
      send('POST', '/', body, {
        'x-amz-target': `AmazonEC2ContainerServiceV20141113.${operation}`,
      }),
  };
}

/** Whether the task runs or is starting. */
export const isAlive = ({ desiredStatus }: LedgerTask): boolean => desiredStatus === 'RUNNING';
