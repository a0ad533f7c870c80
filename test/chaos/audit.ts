import { createHash } from 'node:crypto';
import type { LedgerTask } from '../../src/emulator/ledger.ts';
import type { ObservedCall } from './proxy.ts';

interface Launch {
  /** Largest `count` of its requests. */
  count: number;
  /** Hashes of all requests with this client token. */
  requests: Set<string>;
  /** Task ARNs in the answers to its requests. */
  reportedArns: Set<string>;
}

/** Records every RunTask call, to compare it with the tasks that AWS started. */
export interface Audit {
  record(call: ObservedCall): void;
  /** Violations: tasks beyond the requested count of their token, and tokens used for different requests. */
  duplicates(tasks: LedgerTask[]): string[];
  /** Number of tasks that AWS started but reported as failures. */
  unreported(tasks: LedgerTask[]): number;
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

export function createAudit(): Audit {
  const launches = new Map<string, Launch>();
  const byToken = (tasks: LedgerTask[]) => {
    const groups = new Map<string, LedgerTask[]>();
    for (const task of tasks) {
      const token = task.clientToken ?? '';
      groups.set(token, [...(groups.get(token) ?? []), task]);
    }
    return groups;
  };
  return {
    record({ operation, stage, body, answer }) {
      if (operation !== 'RunTask' || stage === 'answered') return;
      const { clientToken, count, ...rest } = parse(body);
      const token = String(clientToken ?? '');
      const launch = launches.get(token) ?? {
        count: 0,
        requests: new Set(),
        reportedArns: new Set(),
      };
      launches.set(token, launch);
      launch.count = Math.max(launch.count, Number(count));
      launch.requests.add(
        createHash('sha256')
          .update(JSON.stringify([count, rest]))
          .digest('hex'),
      );
      const { tasks = [] } = parse(answer) as { tasks?: { taskArn: string }[] };
      for (const { taskArn } of tasks) launch.reportedArns.add(taskArn);
    },
    duplicates(tasks) {
      const violations: string[] = [];
      for (const [token, started] of byToken(tasks)) {
        const launch = launches.get(token);
        const extra = started.length - (launch?.count ?? 0);
        for (let i = 0; i < extra; i++)
          violations.push(`${token} started more tasks than requested`);
      }
      for (const [token, { requests }] of launches)
        if (requests.size > 1)
          violations.push(`${token} was used for ${requests.size} different requests`);
      return violations;
    },
    unreported(tasks) {
      let unreported = 0;
      for (const [token, started] of byToken(tasks)) {
        const reportedArns = launches.get(token)?.reportedArns ?? new Set();
        if (reportedArns.size > 0)
          unreported += started.filter(({ taskArn }) => !reportedArns.has(taskArn)).length;
      }
      return unreported;
    },
  };
}
