import type { AwsError } from './awsError.ts';
import { isMembers, type Members } from './members.ts';
import type { Account, Region, Task } from './model.ts';

/** One API call as fault rules see it. */
export interface Call {
  account: Account;
  region: Region;
  operation: string;
  body: Members;
}

/** How a call ends instead of with its answer. `raw` is sent as it is. */
export type Outcome = AwsError | 'reset' | 'hang' | { raw: string; status: number };

/** What happens to the exchange itself: `before` keeps the call from being executed, `after` spoils its answer. */
export interface Exchange {
  before: Outcome | null;
  after: Outcome | null;
  delayMs: number;
  answerDelayMs: number;
}

/** One of the tasks a RunTask would start. */
export interface RequestedTask {
  account: Account;
  region: Region;
  cpu: number;
  index: number;
  capacityProvider: string | null;
}

/** A row of `failures[]`. A ghost is reported as failed and runs all the same. */
export interface Refusal {
  reason: string;
  detail?: string;
  taskRuns?: boolean;
}

/** Methods, not properties: that lets rows with different parameters stand in one table. */
export interface FaultDefinition<P = unknown> {
  /** The parameter from JSON; undefined when only the name was given. Throws the end of a sentence. */
  readParameter(value: unknown): P;
  exchange?(parameter: P, call: Call): Partial<Exchange>;
  /** RunTask only: whether this one of its tasks is refused. */
  refuseTask?(parameter: P, unit: RequestedTask): Refusal | null;
  /** RunTask only: changes the life that lies before a new task. */
  planTask?(parameter: P, task: Task): void;
  /** Strikes a task that runs; as a rule on RunTask, each of its tasks once it is RUNNING. */
  applyToTask?(parameter: P, account: Account, task: Task): void;
}

export const defineFault = <P>(definition: FaultDefinition<P>): FaultDefinition => definition;

export function noParameter(value: unknown): null {
  if (value === undefined || value === true || value === null) return null;
  throw new Error('takes no parameter');
}

export const numberParameter =
  (fallback?: number) =>
  (given: unknown): number => {
    const value = given === undefined ? fallback : given;
    if (typeof value !== 'number' || !(value >= 0)) throw new Error('needs a number');
    return value;
  };

export const stringParameter =
  (fallback?: string) =>
  (given: unknown): string => {
    const value = given === undefined ? fallback : given;
    if (typeof value !== 'string') throw new Error('needs a text');
    return value;
  };

/** An object with these members, or the first of them alone. */
export const objectParameter =
  <T extends object>(defaults: T) =>
  (given: unknown): T => {
    const [first] = Object.keys(defaults);
    const parameter = isMembers(given) ? given : given === undefined ? {} : { [first!]: given };
    for (const [name, value] of Object.entries(parameter)) {
      if (!(name in defaults)) throw new Error(`does not know ${name}`);
      const defaultValue = defaults[name as keyof T];
      if (defaultValue !== null && typeof value !== typeof defaultValue)
        throw new Error(`needs another type of ${name}`);
    }
    return { ...defaults, ...parameter };
  };
