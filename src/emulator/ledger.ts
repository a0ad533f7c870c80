import { AwsError } from './awsError.ts';
import type { Outcome } from './faultDefinition.ts';
import type { Account, Task } from './model.ts';

/** One task in the ledger; tasks are never removed. Times are milliseconds since the epoch. */
export interface LedgerTask {
  taskArn: string;
  taskId: string;
  cluster: string;
  region: string;
  clientToken: string | null;
  startedBy: string | null;
  /** SCALER_ECS_LAUNCH of the task's environment. */
  label: string | null;
  capacityProvider: string | null;
  subnet: string;
  cpu: number;
  lastStatus: string;
  desiredStatus: string;
  createdAt: number;
  startedAt: number | null;
  stoppingAt: number | null;
  stoppedAt: number | null;
  stopCode: string | null;
  stoppedReason: string | null;
  exitCode: number | null;
  /** Number of StopTask calls for the task. */
  stopCalls: number;
  /** DescribeTasks answers MISSING from now on. */
  forgotten: boolean;
}

/** The answer of `GET /_emulator/ledger`. */
export interface LedgerView {
  tasks: LedgerTask[];
  /** Received API calls, by operation. */
  calls: Record<string, number>;
  /** Executed calls, by operation, whether or not the client received the answer. */
  executed: Record<string, number>;
  /** Failed calls, by operation and outcome: `RunTask ThrottlingException`, `RunTask reset`. */
  errors: Record<string, number>;
  /** RunTask calls that repeated a known clientToken. */
  replays: number;
  /** Number of tasks whose desiredStatus is RUNNING, by startedBy ("" without one): now, and the maximum so far. */
  alive: Record<string, number>;
  peakAlive: Record<string, number>;
}

function increment(counts: Map<string, number>, name: string, amount = 1): number {
  const value = (counts.get(name) ?? 0) + amount;
  counts.set(name, value);
  return value;
}

/** Records every task and call, so that tests can compare a client's view with what the emulator did. */
export class Ledger {
  readonly #account: Account;
  readonly #calls = new Map<string, number>();
  readonly #executed = new Map<string, number>();
  readonly #errors = new Map<string, number>();
  readonly #peakAlive = new Map<string, number>();
  #replays = 0;
  #tasksCounted = 0;

  constructor(account: Account) {
    this.#account = account;
  }

  record(operation: string, executed: boolean, outcome: Outcome | null, replayed: boolean): void {
    increment(this.#calls, operation);
    if (executed) increment(this.#executed, operation);
    if (replayed) this.#replays++;
    if (outcome !== null) increment(this.#errors, `${operation} ${outcomeName(outcome)}`);
    // The maximum can only rise when a call has started tasks.
    if (this.#account.allTasks.length > this.#tasksCounted) {
      this.#tasksCounted = this.#account.allTasks.length;
      for (const [startedBy, count] of this.#alive())
        this.#peakAlive.set(startedBy, Math.max(count, this.#peakAlive.get(startedBy) ?? 0));
    }
  }

  view(): LedgerView {
    return {
      tasks: this.#account.allTasks.map(ledgerTask),
      calls: Object.fromEntries(this.#calls),
      executed: Object.fromEntries(this.#executed),
      errors: Object.fromEntries(this.#errors),
      replays: this.#replays,
      alive: Object.fromEntries(this.#alive()),
      peakAlive: Object.fromEntries(this.#peakAlive),
    };
  }

  #alive(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { clusters } of this.#account.regions.values())
      for (const { desiredRunning } of clusters.values())
        for (const { startedBy } of desiredRunning) increment(counts, startedBy ?? '');
    return counts;
  }
}

const outcomeName = (outcome: Outcome): string =>
  outcome instanceof AwsError ? outcome.code : typeof outcome === 'string' ? outcome : 'raw';

const ledgerTask = (task: Task): LedgerTask => ({
  taskArn: task.arn,
  taskId: task.id,
  cluster: task.cluster.name,
  region: task.region.name,
  clientToken: task.clientToken,
  startedBy: task.startedBy,
  label: task.label,
  capacityProvider: task.capacityProvider,
  subnet: task.subnet,
  cpu: Number(task.cpu),
  lastStatus: task.lastStatus,
  desiredStatus: task.desiredStatus,
  createdAt: task.createdAt,
  startedAt: task.startedAt,
  stoppingAt: task.stoppingAt,
  stoppedAt: task.stoppedAt,
  stopCode: task.stopCode,
  stoppedReason: task.stoppedReason,
  exitCode: task.containers[0]?.exitCode ?? null,
  stopCalls: task.stopCalls,
  forgotten: task.forgotten,
});
