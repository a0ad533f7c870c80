import type { Log } from '../telemetry/log.ts';

/** Everything an emulator can be told at its start. Times in milliseconds unless the name says seconds. */
export interface EmulatorOptions {
  /** 0 takes a free one. */
  port: number;
  host: string;
  /** Added to every API call, half before it is executed and half after. */
  latencyMs: number;
  /** From RunTask to RUNNING. */
  startDelayMs: number;
  /** From the end of the last container to STOPPED. */
  stopDelayMs: number;
  /** DescribeTasks does not know a task for so long after RunTask. */
  missingMs: number;
  /** No processes: tasks run until they are stopped. */
  hollow: boolean;
  /** Prepended to the PATH of the tasks' processes. */
  taskPath: string | null;
  /** One log file a task; null throws the output away. */
  logDir: string | null;
  /** How long STOPPED tasks can still be described. */
  retentionS: number;
  /** Refuse with `Rate exceeded` what an AWS account would: API buckets and Fargate launch buckets. */
  quotas: boolean;
  /** For containers whose definition names no stopTimeout. */
  stopTimeoutS: number;
  /** The only access key id that is let in; null lets every one in. Signatures are not checked. */
  accessKey: string | null;
  /** The only actions that are allowed (`ecs:RunTask`, `ecs:*`); null allows all. */
  allowActions: string[] | null;
  /** The first fault rules, as `PUT /_emulator/faults` takes them. */
  faults: unknown;
  /** `auto` takes PID namespaces where the system lets us; `groups` never does. */
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
