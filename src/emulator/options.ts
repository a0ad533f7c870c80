import type { Log } from '../telemetry/log.ts';

/** Options of the emulator. Times are in milliseconds unless the name ends in S (seconds). */
export interface EmulatorOptions {
  /** 0: any free port. */
  port: number;
  host: string;
  /** Added to every API call, half before its execution and half after. */
  latencyMs: number;
  /** From RunTask to RUNNING. */
  startDelayMs: number;
  /** From the end of the last container to STOPPED. */
  stopDelayMs: number;
  /** For this long after RunTask, DescribeTasks answers MISSING for the new tasks. */
  missingMs: number;
  /** Tasks have no processes and run until StopTask. */
  hollow: boolean;
  /** Folders prepended to the PATH of the tasks' processes. */
  taskPath: string | null;
  /** Folder for one log file per task; null discards the output. */
  logDir: string | null;
  /** How long DescribeTasks shows a STOPPED task. */
  retentionS: number;
  /** Enforce the token buckets of an AWS account (API rates and Fargate launch rates) with ThrottlingException. */
  quotas: boolean;
  /** stopTimeout of containers whose definition does not set it. */
  stopTimeoutS: number;
  /** The only accepted access key id; null: a random one. Signatures are not checked. */
  accessKey: string | null;
  /** The allowed actions (`ecs:RunTask`, `ecs:*`); null allows all. */
  allowActions: string[] | null;
  /** The initial fault rules, in the format of `PUT /_emulator/faults`. */
  faults: unknown;
  /** `auto` uses PID namespaces where the system allows them; `groups` always uses process groups. */
  isolation: 'auto' | 'groups';
  log: Log;
}

export const defaultOptions: Omit<EmulatorOptions, 'log'> = {
  port: 0,
  host: '127.0.0.1',
  latencyMs: 0,
  startDelayMs: 300,
  stopDelayMs: 100,
  missingMs: 0,
  hollow: false,
  taskPath: null,
  logDir: null,
  retentionS: 3600,
  quotas: false,
  stopTimeoutS: 30,
  accessKey: null,
  allowActions: null,
  faults: [],
  isolation: 'auto',
};
