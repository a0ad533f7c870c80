import { AwsError } from './awsError.ts';
import type { Outcome } from './faultRow.ts';
import type { Account, Task } from './model.ts';

/** One task as the ledger remembers it, for ever. Times are milliseconds since the epoch. */
export interface LedgerTask {
  taskArn: string;
  taskId: string;
  cluster: string;
  region: string;
  clientToken: string | null;
  startedBy: string | null;
  /** SCALER_ECS_LAUNCH of its environment. */
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
  /** How many StopTask calls named it. */
  stopCalls: number;
  /** DescribeTasks says MISSING for good. */
  forgotten: boolean;
}

export interface LedgerView {
  tasks: LedgerTask[];
  /** API calls that arrived, by operation. */
  calls: Record<string, number>;
  /** Calls that were carried out, whatever became of the answer. */
  executed: Record<string, number>;
  /** Ends that were no answer, by operation and error: `RunTask ThrottlingException`, `RunTask reset`. */
  errors: Record<string, number>;
  /** RunTask calls under a clientToken that was known. */
  replays: number;
  /** Tasks whose desiredStatus is RUNNING, now and at most at one time, by startedBy ("" without). */
  alive: Record<string, number>;
  peakAlive: Record<string, number>;
}

function add(counts: Map<string, number>, name: string, amount = 1): number {
  const value = (counts.get(name) ?? 0) + amount;
  counts.set(name, value);
  return value;
}

/** What really happened, for those who check a client's own books against it. */
export class Ledger {
  readonly #account: Account;
  readonly #calls = new Map<string, number>();
  readonly #executed = new Map<string, number>();
  readonly #errors = new Map<string, number>();
  readonly #peak = new Map<string, number>();
  #replays = 0;
  #seen = 0;

  constructor(account: Account) {
    this.#account = account;
  }

  note(operation: string, executed: boolean, end: Outcome | null, replayed: boolean): void {
    add(this.#calls, operation);
    if (executed) add(this.#executed, operation);
    if (replayed) this.#replays++;
    if (end !== null) add(this.#errors, `${operation} ${nameOf(end)}`);
    // Only a call that launched something can have set a new record.
    if (this.#account.everyTask.length > this.#seen) {
      this.#seen = this.#account.everyTask.length;
      for (const [mark, count] of this.#alive())
        this.#peak.set(mark, Math.max(count, this.#peak.get(mark) ?? 0));
    }
  }

  view(): LedgerView {
    return {
      tasks: this.#account.everyTask.map(taskOf),
      calls: Object.fromEntries(this.#calls),
      executed: Object.fromEntries(this.#executed),
      errors: Object.fromEntries(this.#errors),
      replays: this.#replays,
      alive: Object.fromEntries(this.#alive()),
      peakAlive: Object.fromEntries(this.#peak),
    };
  }

  #alive(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { clusters } of this.#account.regions.values())
      for (const { live } of clusters.values())
        for (const { startedBy } of live) add(counts, startedBy ?? '');
    return counts;
  }
}

const nameOf = (end: Outcome): string =>
  end instanceof AwsError ? end.code : typeof end === 'string' ? end : 'raw';

const taskOf = (task: Task): LedgerTask => ({
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
