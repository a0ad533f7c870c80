import { statSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { isIP } from 'node:net';
import { Failure } from '../shared/failure.ts';
import { makeDir } from '../shared/makeDir.ts';
import { callerArn } from './access.ts';
import { newAccessKey } from './accessKey.ts';
import { setAccount } from './accountSetup.ts';
import { Admin } from './admin.ts';
import { Api } from './api.ts';
import { FaultRules } from './faults.ts';
import { Ledger, type LedgerView } from './ledger.ts';
import type { Account } from './model.ts';
import { openContainerRuntime } from './openContainerRuntime.ts';
import { defaultOptions, type EmulatorOptions } from './options.ts';
import { readPolicies } from './policy.ts';
import { createEmulatorServer } from './server.ts';
import { TimerQueue } from './timerQueue.ts';

/** The emulator could not start. */
export class EmulatorFailure extends Failure {
  readonly kind = 'emulator';
  /** The option that has to be changed; null: none. */
  readonly option: 'host' | 'logDir' | 'port' | null;

  constructor(message: string, option: EmulatorFailure['option'] = null, cause?: unknown) {
    super(message, { cause });
    this.option = option;
  }
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
  /** Sets the account up; also at `PUT /_emulator/account`. Throws a ValidationException. */
  setAccount(setup: unknown): void;
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
      'host',
    );
  if (options.logDir !== null) makeLogDir(options.logDir);
  const account: Account = {
    options,
    accessKey: options.accessKey ?? newAccessKey(),
    missingProgramExplained: false,
    setup: {
      callerArn,
      policies: options.policies === null ? null : readPolicies(options.policies),
      quotas: {},
    },
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
  }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EADDRINUSE'
      ? new EmulatorFailure(`port ${options.port} is in use; choose another one`, 'port', error)
      : new EmulatorFailure(`cannot listen: ${error.message}`, null, error);
  });
  const { port } = server.address() as AddressInfo;
  account.url = `http://${isIP(options.host) === 6 ? `[${options.host}]` : options.host}:${port}`;
  return {
    url: account.url,
    port,
    accessKey: account.accessKey,
    ledger: () => ledger.view(),
    setFaults: (rules) => faults.put(rules),
    setAccount: (setup) => setAccount(account, setup),
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
    makeDir(path);
  } catch (error) {
    throw new EmulatorFailure(`cannot make ${path}: ${(error as Error).message}`, 'logDir', error);
  }
  if (!statSync(path).isDirectory()) throw new EmulatorFailure(`${path} is no directory`, 'logDir');
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
