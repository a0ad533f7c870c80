import type { AwsError } from './awsError.ts';
import { isMembers, type Members } from './members.ts';
import type { Account, Region, Task } from './model.ts';

/** One API call, as fault rules match it. */
export interface Call {
  account: Account;
  region: Region;
  operation: string;
  body: Members;
}

/** What the client receives instead of the answer: an AWS error, a connection reset, nothing (`hang`), or the text `raw`. */
export type Outcome = AwsError | 'reset' | 'hang' | { raw: string; status: number };

/** Faults of one HTTP exchange: `before` replaces the execution of the call, `after` replaces its answer. */
export interface Exchange {
  before: Outcome | null;
  after: Outcome | null;
  /** Delay before the call is executed. */
  delayMs: number;
  /** Delay between the execution of the call and its answer. */
  answerDelayMs: number;
}

/** One of the `count` tasks of a RunTask request. */
export interface RequestedTask {
  account: Account;
  region: Region;
  /** CPU units. */
  cpu: number;
  /** 0 to count - 1. */
  index: number;
  capacityProvider: string | null;
}

/** An element of `failures[]`. `taskRuns`: the task is reported as a failure and runs nevertheless. */
export interface Refusal {
  reason: string;
  detail?: string;
  taskRuns?: boolean;
}

/** Written as methods, not properties: method parameters are bivariant, so definitions with different parameter types fit in one table. */
export interface FaultDefinition<P = unknown> {
  /** Reads the parameter from JSON; `value` is undefined when the rule gives only the fault's name. Throws an Error whose message continues "<fault> ...". */
  readParameter(value: unknown): P;
  exchange?(parameter: P, call: Call): Partial<Exchange>;
  /** RunTask only: the failure for this task, or null to start it. */
  refuseTask?(parameter: P, unit: RequestedTask): Refusal | null;
  /** RunTask only: changes the planned lifecycle of a new task. */
  planTask?(parameter: P, task: Task): void;
  /** Applies to a running task. In a rule on RunTask: applies to each started task when it reaches RUNNING. */
  applyToTask?(parameter: P, account: Account, task: Task): void;
}

/** Types a fault definition by its parameter, then widens it for the fault table. */
export const defineFault = <P>(definition: FaultDefinition<P>): FaultDefinition => definition;

/** For faults without a parameter. */
export function noParameter(value: unknown): null {
  if (value === undefined || value === true || value === null) return null;
  throw new Error('takes no parameter');
}

/** Reads a number of at least 0; required unless there is a fallback. */
export const numberParameter =
  (fallback?: number) =>
  (given: unknown): number => {
    const value = given === undefined ? fallback : given;
    if (typeof value !== 'number' || !(value >= 0)) throw new Error('needs a number');
    return value;
  };

/** Reads a string; required unless there is a fallback. */
export const stringParameter =
  (fallback?: string) =>
  (given: unknown): string => {
    const value = given === undefined ? fallback : given;
    if (typeof value !== 'string') throw new Error('needs a string');
    return value;
  };

/** Reads an object with the members of `defaults`, or a plain value for the first of them. */
export const objectParameter =
  <T extends object>(defaults: T) =>
  (given: unknown): T => {
    const [first] = Object.keys(defaults);
    const parameter = isMembers(given) ? given : given === undefined ? {} : { [first!]: given };
    for (const [name, value] of Object.entries(parameter)) {
      if (!(name in defaults)) throw new Error(`has no parameter ${name}`);
      const defaultValue = defaults[name as keyof T];
      if (defaultValue !== null && typeof value !== typeof defaultValue)
        throw new Error(`needs ${name} as a ${typeof defaultValue}`);
    }
    return { ...defaults, ...parameter };
  };
