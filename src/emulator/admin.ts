import { now } from '../shared/clock.ts';
import { setAccount } from './accountSetup.ts';
import { AwsError } from './awsError.ts';
import { billOf } from './bill.ts';
import { applyFaultToTask, type FaultRules } from './faults.ts';
import type { Ledger } from './ledger.ts';
import { isMembers } from './members.ts';
import type { Account, Task } from './model.ts';

interface AdminAnswer {
  status: number;
  body: unknown;
}

/** The paths under `/_emulator/`: fault rules, faults applied to running tasks, the account's set-up, and the ledger. AWS has no such paths. */
export class Admin {
  readonly #account: Account;
  readonly #faults: FaultRules;
  readonly #ledger: Ledger;

  constructor(account: Account, faults: FaultRules, ledger: Ledger) {
    this.#account = account;
    this.#faults = faults;
    this.#ledger = ledger;
  }

  answer(method: string, path: string, text: string): AdminAnswer {
    try {
      return { status: 200, body: this.#route(`${method} ${path}`, text) };
    } catch (error) {
      if (error instanceof AwsError)
        return { status: error.status, body: { message: error.message } };
      throw error;
    }
  }

  #route(request: string, text: string): unknown {
    switch (request) {
      case 'GET /_emulator/faults':
        return this.#faults.view();
      case 'PUT /_emulator/faults':
        this.#faults.put(parseJson(text));
        return this.#faults.view();
      case 'DELETE /_emulator/faults':
        this.#faults.put([]);
        return this.#faults.view();
      case 'GET /_emulator/bill':
        return billOf(this.#account.allTasks, now());
      case 'GET /_emulator/ledger':
        return this.#ledger.view();
      case 'PUT /_emulator/account':
        setAccount(this.#account, parseJson(text));
        return { status: 'ok' };
      case 'POST /_emulator/strike':
        return this.#strike(parseJson(text));
      case 'GET /_emulator/health':
        return {
          status: 'ok',
          processes: this.#account.options.hollow ? 'none' : this.#account.runtime.kind,
        };
      default:
        throw new AwsError('NotFound', `no ${request}`, { status: 404 });
    }
  }

  /** Body: `{ task?, startedBy?, count?, do }`. Applies the fault `do` to the oldest `count` matching tasks whose desiredStatus is RUNNING. */
  #strike(body: unknown): { struck: string[] } {
    if (!isMembers(body))
      throw new AwsError('ValidationException', 'the body of a strike is an object');
    const isSelected = (task: Task) =>
      task.desiredStatus === 'RUNNING' &&
      (body.task === undefined || body.task === task.id || body.task === task.arn) &&
      (body.startedBy === undefined || body.startedBy === task.startedBy);
    const count = typeof body.count === 'number' ? body.count : Number.POSITIVE_INFINITY;
    const tasks = this.#account.allTasks.filter(isSelected).slice(0, count);
    for (const task of tasks) applyFaultToTask(this.#account, task, body.do);
    return { struck: tasks.map(({ arn }) => arn) };
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AwsError('ValidationException', 'the body is not JSON');
  }
}
