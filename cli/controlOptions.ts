import type { Argv } from 'yargs';
import { ConfigFailure } from '../src/config/configFailure.ts';
import type { ControlClient } from '../src/control/client.ts';
import type { Wanted } from '../src/daemon/control/managers.ts';
import { type Line, render } from '../src/shared/terminal/styledText.ts';

/** What every command has that asks a daemon. */
export interface ControlArguments {
  'worker-manager-id'?: string | undefined;
  'state-dir'?: string | undefined;
  config?: string | undefined;
  json: boolean;
}

const exitStatusText =
  'Exit status: 0 done, 1 no (no such group, refused), 2 wrong usage or several managers, 3 no daemon answers.';

/** Adds the options that choose a manager, and what the exit status means. */
export function controlOptions(parser: Argv, exitStatus = exitStatusText): Argv<ControlArguments> {
  return parser
    .options({
      'worker-manager-id': {
        alias: 'wmi',
        type: 'string',
        requiresArg: true,
        describe: 'Id of the manager, where several are known [-wmi] [SCALER_WORKER_MANAGER_ID]',
      },
      'state-dir': {
        type: 'string',
        requiresArg: true,
        describe: 'As for run, or the directory of one manager [SCALER_STATE_DIR]',
      },
      config: {
        alias: 'c',
        type: 'string',
        requiresArg: true,
        describe: 'Configuration file of the manager',
      },
      json: { type: 'boolean', default: false, describe: 'Print JSON' },
    })
    .epilogue(exitStatus) as unknown as Argv<ControlArguments>;
}

export function wantedOf(given: ControlArguments): Wanted {
  const { 'worker-manager-id': managerId, 'state-dir': stateDir, config } = given;
  const repeated = Object.entries({ managerId, stateDir, config }).find(([, value]) =>
    Array.isArray(value),
  );
  if (repeated) throw new ConfigFailure(`${repeated[0]} was given twice`);
  return { managerId, stateDir, config };
}

/** The state directory of the manager that is meant. */
export async function dirOf(given: ControlArguments): Promise<string> {
  const { findManager } = await import('../src/daemon/control/managers.ts');
  return (await findManager(wantedOf(given), process.env)).dir;
}

/** Asks the daemon of the manager that is meant, and closes the connection. */
export async function withDaemon<T>(
  given: ControlArguments,
  ask: (client: ControlClient) => Promise<T>,
): Promise<T> {
  const { connectControl } = await import('../src/control/client.ts');
  const client = await connectControl(await dirOf(given));
  try {
    return await ask(client);
  } finally {
    client.close();
  }
}

/** Colours only on a terminal that shows them. */
export function mayColour(stream: NodeJS.WriteStream = process.stdout): boolean {
  return stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
}

/** The width of the terminal; of a file or a pipe, one that is easy to read. */
export function columnsOf(stream: NodeJS.WriteStream = process.stdout): number {
  return stream.isTTY ? (stream.columns ?? 80) : 100;
}

/** Lines are not cut: what is too long is wrapped by the terminal. */
export function printLines(lines: readonly Line[]): void {
  const colour = mayColour();
  const text = lines.map((line) => render(line, Number.POSITIVE_INFINITY, colour).trimEnd());
  process.stdout.write(`${text.join('\n')}\n`);
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
