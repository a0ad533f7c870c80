import { setTimeout as sleep } from 'node:timers/promises';
import { checkAllowed } from './access.ts';
import { AwsError } from './awsError.ts';
import type { Outcome } from './faultRow.ts';
import type { Call, FaultBook, Struck } from './faults.ts';
import { iamActionName, iamActions } from './iam.ts';
import type { Ledger } from './ledger.ts';
import type { Members } from './members.ts';
import { type Account, ecsArn, type Region, regionOf } from './model.ts';
import { operations } from './operations.ts';
import type { Xml } from './xml.ts';

/** What becomes of a call: an answer's members, or how it fails. */
export type Answer = { members: Members } | { xml: Xml | null } | { outcome: Outcome };

/** Executes API calls with everything that can happen to one: latency, faults, rights, quotas. */
export class Api {
  readonly #account: Account;
  readonly #faults: FaultBook;
  readonly #ledger: Ledger;

  constructor(account: Account, faults: FaultBook, ledger: Ledger) {
    this.#account = account;
    this.#faults = faults;
    this.#ledger = ledger;
  }

  ecs(operation: string, regionName: string, body: Members): Promise<Answer> {
    const region = regionOf(this.#account, regionName);
    return this.#exchange({ account: this.#account, region, operation, body }, (struck) => {
      const known = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
      if (!known) throw new AwsError('UnknownOperationException', `Unknown operation ${operation}`);
      this.#authorize(operation, region, body);
      if (this.#account.options.quotas) region.quotas.take(known.bucket);
      return { members: known.run(this.#account, region, body, struck) };
    });
  }

  iam(action: string, query: URLSearchParams): Promise<Answer> {
    const body = Object.fromEntries(query);
    const region = regionOf(this.#account, 'us-east-1');
    return this.#exchange({ account: this.#account, region, operation: action, body }, () => {
      const known = Object.hasOwn(iamActions, action) ? iamActions[action] : undefined;
      if (!known) throw new AwsError('InvalidAction', `Could not find operation ${action}`);
      const { allowActions } = this.#account.options;
      if (action !== 'GetCallerIdentity')
        checkAllowed(allowActions, iamActionName(action), `role ${query.get('RoleName') ?? '*'}`);
      return { xml: known(this.#account, query) };
    });
  }

  async #exchange(call: Call, execute: (struck: Struck) => Answer): Promise<Answer> {
    const struck = this.#faults.strike(call);
    const { before, after, delayMs, holdMs } = struck.exchange;
    const { latencyMs } = this.#account.options;
    await pause(latencyMs / 2 + delayMs);
    let answer: Answer;
    let executed = false;
    try {
      if (before) answer = { outcome: before };
      else {
        answer = execute(struck);
        executed = true;
      }
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      answer = { outcome: error };
    }
    const end = after ?? ('outcome' in answer ? answer.outcome : null);
    this.#ledger.note(call.operation, executed, end, struck.replayed);
    await pause(latencyMs / 2 + holdMs);
    return after ? { outcome: after } : answer;
  }

  #authorize(operation: string, region: Region, body: Members): void {
    const { allowActions } = this.#account.options;
    if (allowActions === null) return;
    const cluster = ecsArn(region.name, `cluster/${body.cluster ?? 'default'}`);
    checkAllowed(allowActions, `ecs:${operation}`, cluster);
    if (operation === 'RunTask' && Array.isArray(body.tags) && body.tags.length > 0)
      checkAllowed(allowActions, 'ecs:TagResource', cluster);
    if (operation === 'RegisterTaskDefinition' && typeof body.executionRoleArn === 'string')
      checkAllowed(allowActions, 'iam:PassRole', body.executionRoleArn);
  }
}

async function pause(ms: number): Promise<void> {
  if (ms > 0) await sleep(ms);
}
