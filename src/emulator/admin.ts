import { AwsError } from './awsError.ts';
import { type FaultBook, strikeTask } from './faults.ts';
import type { Ledger } from './ledger.ts';
import { isMembers } from './members.ts';
import type { Account, Task } from './model.ts';

interface AdminAnswer {
  status: number;
  body: unknown;
}

/** The paths under `/_emulator/`: fault rules, strikes at running tasks, and the ledger. No AWS has them. */
export class Admin {
  readonly #account: Account;
  readonly #faults: FaultBook;
  readonly #ledger: Ledger;

  constructor(account: Account, faults: FaultBook, ledger: Ledger) {
    this.#account = account;
    this.#faults = faults;
    this.#ledger = ledger;
  }

  answer(method: string, path: string, text: string): AdminAnswer {
    try {
      return { status: 200, body: this.#do(`${method} ${path}`, text) };
    } catch (error) {
      if (error instanceof AwsError)
        return { status: error.status, body: { message: error.message } };
      throw error;
    }
  }

  #do(request: string, text: string): unknown {
    switch (request) {
      case 'GET /_emulator/faults':
        return this.#faults.view();
      case 'PUT /_emulator/faults':
        this.#faults.put(json(text));
        return this.#faults.view();
      case 'DELETE /_emulator/faults':
        this.#faults.put([]);
        return this.#faults.view();
      case 'GET /_emulator/ledger':
        return this.#ledger.view();
      case 'POST /_emulator/strike':
        return this.#strike(json(text));
      case 'GET /_emulator/health':
        return {
          status: 'ok',
          processes: this.#account.options.hollow ? 'none' : this.#account.jail.kind,
        };
      default:
        throw new AwsError('NotFound', `no ${request}`, { status: 404 });
    }
  }

  /** `{ task?, startedBy?, count?, do }`: the named tasks, or the oldest `count` live ones. */
  #strike(order: unknown): { struck: string[] } {
    if (!isMembers(order)) throw new AwsError('ValidationException', 'a strike is an object');
    const wanted = (task: Task) =>
      task.desiredStatus === 'RUNNING' &&
      (order.task === undefined || order.task === task.id || order.task === task.arn) &&
      (order.startedBy === undefined || order.startedBy === task.startedBy);
    const count = typeof order.count === 'number' ? order.count : Number.POSITIVE_INFINITY;
    const tasks = this.#account.everyTask.filter(wanted).slice(0, count);
    for (const task of tasks) strikeTask(this.#account, task, order.do);
    return { struck: tasks.map(({ arn }) => arn) };
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AwsError('ValidationException', 'the body is not JSON');
  }
}
