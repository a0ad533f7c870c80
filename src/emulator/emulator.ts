import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { isIP } from 'node:net';
import { Failure } from '../shared/failure.ts';
import { newAccessKey } from './accessKey.ts';
import { Admin } from './admin.ts';
import { Api } from './api.ts';
import { FaultRules } from './faults.ts';
import { Ledger, type LedgerView } from './ledger.ts';
import type { Account } from './model.ts';
import { openContainerRuntime } from './openContainerRuntime.ts';
import { defaultOptions, type EmulatorOptions } from './options.ts';
import { createEmulatorServer } from './server.ts';
import { TimerQueue } from './timerQueue.ts';

/** The emulator could not start, or an option is invalid. */
export class EmulatorFailure extends Failure {
  readonly kind = 'emulator';
}

/** A running emulator of ECS and IAM. */
export interface Emulator {
  url: string;
  port: number;
  /** The access key id that every call needs, also those of `/_emulator/`. */
  accessKey: string;
  /** Every task and call so far; also at `GET /_emulator/ledger`. */
  ledger(): LedgerView;
  /** Replaces the fault rules; also at `PUT /_emulator/faults`. Throws a ValidationException for an invalid rule. */
  setFaults(rules: unknown): void;
  /** Kills every task and resolves when none of their processes is left. */
  close(): Promise<void>;
}

/** Starts an emulator on a loopback address; options default to `defaultOptions`. Throws EmulatorFailure when it cannot listen or cannot create the log folder. */
export async function startEmulator(
  overrides: Partial<EmulatorOptions> & Pick<EmulatorOptions, 'log'>,
): Promise<Emulator> {
  const options: EmulatorOptions = { ...defaultOptions, ...overrides };
  if (!isLoopback(options.host))
    throw new EmulatorFailure(
      `the emulator runs shell commands and serves loopback only, not ${options.host}`,
    );
  if (options.logDir !== null) makeLogDir(options.logDir);
  const account: Account = {
    options,
    accessKey: options.accessKey ?? newAccessKey(),
    missingProgramExplained: false,
    url: '',
    timers: new TimerQueue(options.log),
    runtime: await openContainerRuntime(options),
    regions: new Map(),
    roles: new Map(),
    allTasks: [],
    byRuntimeId: new Map(),
  };
  const faults = new FaultRules();
  faults.put(options.faults);
  const ledger = new Ledger(account);
  const server = createEmulatorServer({
    account,
    api: new Api(account, faults, ledger),
    admin: new Admin(account, faults, ledger),
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  }).catch((error: Error) => {
    throw new EmulatorFailure(`cannot listen: ${error.message}`, { cause: error });
  });
  const { port } = server.address() as AddressInfo;
  account.url = `http://${isIP(options.host) === 6 ? `[${options.host}]` : options.host}:${port}`;
  return {
    url: account.url,
    port,
    accessKey: account.accessKey,
    ledger: () => ledger.view(),
    setFaults: (rules) => faults.put(rules),
    close: async () => {
      account.timers.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await Promise.all([account.runtime.close(), closed]);
    },
  };
}

function makeLogDir(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new EmulatorFailure(`cannot create the log folder: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
