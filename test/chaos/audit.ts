import { createHash } from 'node:crypto';
import type { LedgerTask } from '../../src/emulator/ledger.ts';
import type { Passing } from './proxy.ts';

interface Launch {
  count: number;
  /** Of all that was ever sent under this token. */
  requests: Set<string>;
  /** The ARNs that AWS ever named for it. */
  named: Set<string>;
}

/** Every RunTask that passed by, to be held against what AWS really started. */
export interface Audit {
  see(passing: Passing): void;
  /** Tasks that no request accounts for, and tokens that were used for two different requests. */
  doubled(tasks: LedgerTask[]): string[];
  /** Tasks that AWS started and reported as failures. */
  ghosts(tasks: LedgerTask[]): number;
}

const parse = (text: string): Record<string, unknown> => {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
};

export const createAudit = (): Audit => {
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
    see({ operation, moment, body, answer }) {
      if (operation !== 'RunTask' || moment === 'answered') return;
      const { clientToken, count, ...rest } = parse(body);
      const token = String(clientToken ?? '');
      const launch = launches.get(token) ?? { count: 0, requests: new Set(), named: new Set() };
      launches.set(token, launch);
      launch.count = Math.max(launch.count, Number(count));
      launch.requests.add(
        createHash('sha256')
          .update(JSON.stringify([count, rest]))
          .digest('hex'),
      );
      const { tasks = [] } = parse(answer) as { tasks?: { taskArn: string }[] };
      for (const { taskArn } of tasks) launch.named.add(taskArn);
    },
    doubled(tasks) {
      const faults: string[] = [];
      for (const [token, bought] of byToken(tasks)) {
        const launch = launches.get(token);
        const extra = bought.length - (launch?.count ?? 0);
        for (let i = 0; i < extra; i++) faults.push(`${token} bought more than it asked for`);
      }
      for (const [token, { requests }] of launches)
        if (requests.size > 1) faults.push(`${token} was used for ${requests.size} requests`);
      return faults;
    },
    ghosts(tasks) {
      let ghosts = 0;
      for (const [token, bought] of byToken(tasks)) {
        const named = launches.get(token)?.named ?? new Set();
        if (named.size > 0) ghosts += bought.filter(({ taskArn }) => !named.has(taskArn)).length;
      }
      return ghosts;
    },
  };
};
