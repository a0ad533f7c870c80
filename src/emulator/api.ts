import { setTimeout as sleep } from 'node:timers/promises';
import { checkAllowed } from './access.ts';
import { ecsAccesses, iamAccesses } from './accesses.ts';
import { AwsError } from './awsError.ts';
import { checkDryRun, ec2Actions } from './ec2.ts';
import type { Call, Outcome } from './faultDefinition.ts';
import type { CallFaults, FaultRules } from './faults.ts';
import { iamActions } from './iam.ts';
import type { Ledger } from './ledger.ts';
import type { Members } from './members.ts';
import { type Account, regionOf } from './model.ts';
import { operations } from './operations.ts';
import { getServiceQuota } from './serviceQuotas.ts';
import type { Xml } from './xml.ts';

/** Result of an API call: the members of a successful answer, or the outcome that replaces the answer. */
export type Answer = { members: Members } | { xml: Xml | null } | { outcome: Outcome };

/** Executes API calls: applies latency, fault rules, allowed actions and quotas, and records each call in the ledger. */
export class Api {
  readonly #account: Account;
  readonly #faults: FaultRules;
  readonly #ledger: Ledger;

  constructor(account: Account, faults: FaultRules, ledger: Ledger) {
    this.#account = account;
    this.#faults = faults;
    this.#ledger = ledger;
  }

  ecs(operation: string, regionName: string, body: Members): Promise<Answer> {
    const region = regionOf(this.#account, regionName);
    return this.#handle({ account: this.#account, region, operation, body }, (faults) => {
      const handler = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
      if (!handler)
        throw new AwsError('UnknownOperationException', `Unknown operation ${operation}`);
      checkAllowed(this.#account, ecsAccesses(this.#account, region, operation, body));
      if (this.#account.options.quotas) region.quotas.take(handler.bucket);
      return { members: handler.run(this.#account, region, body, faults) };
    });
  }

  iam(action: string, query: URLSearchParams): Promise<Answer> {
    const body = Object.fromEntries(query);
    const region = regionOf(this.#account, 'us-east-1');
    return this.#handle({ account: this.#account, region, operation: action, body }, () => {
      const handler = Object.hasOwn(iamActions, action) ? iamActions[action] : undefined;
      if (!handler) throw new AwsError('InvalidAction', `Could not find operation ${action}`);
      checkAllowed(this.#account, iamAccesses(this.#account, action, query));
      return { xml: handler(this.#account, query) };
    });
  }

  ec2(action: string, regionName: string, query: URLSearchParams): Promise<Answer> {
    const body = Object.fromEntries(query);
    const region = regionOf(this.#account, regionName);
    return this.#handle({ account: this.#account, region, operation: action, body }, () => {
      const handler = Object.hasOwn(ec2Actions, action) ? ec2Actions[action] : undefined;
      if (!handler)
        throw new AwsError(
          'InvalidAction',
          `The action ${action} is not valid for this web service.`,
        );
      checkAllowed(this.#account, [{ action: `ec2:${action}`, resource: '*' }]);
      checkDryRun(query);
      return { xml: handler(region, query) };
    });
  }

  serviceQuotas(operation: string, regionName: string, body: Members): Promise<Answer> {
    const region = regionOf(this.#account, regionName);
    return this.#handle({ account: this.#account, region, operation, body }, () => {
      if (operation !== 'GetServiceQuota')
        throw new AwsError('UnknownOperationException', `Unknown operation ${operation}`);
      checkAllowed(this.#account, [{ action: `servicequotas:${operation}`, resource: '*' }]);
      return { members: getServiceQuota(this.#account, region, body) };
    });
  }

  async #handle(call: Call, execute: (faults: CallFaults) => Answer): Promise<Answer> {
    const faults = this.#faults.faultsFor(call);
    const { before, after, delayMs, answerDelayMs } = faults.exchange;
    const { latencyMs } = this.#account.options;
    await pause(latencyMs / 2 + delayMs);
    let answer: Answer;
    let executed = false;
    try {
      if (before) answer = { outcome: before };
      else {
        answer = execute(faults);
        executed = true;
      }
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      answer = { outcome: error };
    }
    const outcome = after ?? ('outcome' in answer ? answer.outcome : null);
    this.#ledger.record(call.operation, executed, outcome, faults.replayed);
    await pause(latencyMs / 2 + answerDelayMs);
    return after ? { outcome: after } : answer;
  }
}

async function pause(ms: number): Promise<void> {
  if (ms > 0) await sleep(ms);
}
