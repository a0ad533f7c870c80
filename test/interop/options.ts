import { parseArgs } from 'node:util';

/** An invalid option or a missing requirement; reported as one line without a stack trace. */
export class InteropFailure extends Error {}

export type Transport = 'ymq' | 'zmq';

export interface Options {
  /** A release of opengris-scaler on PyPI. */
  scaler: string;
  transport: Transport;
  addressScheme: 'tcp' | 'ipc' | 'ws' | 'wss' | 'tls';
  /** Host in the scheduler address that the daemon gets; unused for ipc. */
  addressHost: '127.0.0.1' | '::1' | 'localhost';
  /** Comma-separated names, or `all`. */
  scenario: string;
  json: boolean;
  /** `original`: the Python manager of the same release, for comparison and to test the harness. */
  manager: 'ours' | 'original';
  python: string | null;
  /** Time limit of each scenario. */
  deadlineSeconds: number;
  /** How often a scenario is played until it passes; one that fails first is reported as flaky. */
  attempts: number;
  /** Keeps the logs of successful scenarios. */
  keep: boolean;
}

function oneOf<T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (!found) throw new InteropFailure(`--${flag} ${value}: must be one of ${allowed.join(', ')}`);
  return found;
}

export function parseOptions(argv: string[]): Options {
  const { values } = parseArgs({
    args: argv,
    options: {
      scaler: { type: 'string', default: '2.6.0' },
      transport: { type: 'string', default: 'ymq' },
      'address-scheme': { type: 'string', default: 'tcp' },
      'address-host': { type: 'string', default: '127.0.0.1' },
      scenario: { type: 'string', default: 'squares' },
      json: { type: 'boolean', default: false },
      manager: { type: 'string', default: 'ours' },
      python: { type: 'string' },
      'deadline-seconds': { type: 'string', default: '300' },
      attempts: { type: 'string', default: '1' },
      keep: { type: 'boolean', default: false },
    },
  });
  if (!/^\d+\.\d+(\.\d+)?$/.test(values.scaler))
    throw new InteropFailure(`--scaler ${values.scaler}: must be a release such as 2.6.0`);
  const deadlineSeconds = Number(values['deadline-seconds']);
  if (!(deadlineSeconds > 0))
    throw new InteropFailure(
      `--deadline-seconds ${values['deadline-seconds']}: must be above zero`,
    );
  const attempts = Number(values.attempts);
  if (!Number.isInteger(attempts) || attempts < 1)
    throw new InteropFailure(`--attempts ${values.attempts}: must be a whole number above zero`);
  return {
    scaler: values.scaler,
    transport: oneOf('transport', values.transport, ['ymq', 'zmq']),
    addressScheme: oneOf('address-scheme', values['address-scheme'], [
      'tcp',
      'ipc',
      'ws',
      'wss',
      'tls',
    ]),
    addressHost: oneOf('address-host', values['address-host'], ['127.0.0.1', '::1', 'localhost']),
    scenario: values.scenario,
    json: values.json,
    manager: oneOf('manager', values.manager, ['ours', 'original']),
    python: values.python ?? null,
    deadlineSeconds,
    attempts,
    keep: values.keep,
  };
}

/** Compares two releases number by number; returns -1, 0 or 1. */
export function compareReleases(a: string, b: string): number {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}
