import type { Terms } from '../../../machines/scheduler/messages.ts';
import type { ControlSource, DrainAnswer, Explained, Status } from '../../control/api.ts';
import type { Feed } from '../../control/feed.ts';
import { endedLife, livingLife } from '../../control/life.ts';
import type { LedgerView } from '../../store/ledger.ts';
import { generation as generationWords } from '../../telemetry/events/common.ts';
import type { Log } from '../../telemetry/log.ts';
import { visible } from '../../telemetry/sentence.ts';
import type { ActorViews } from './actorViews.ts';
import { findEnded, isDeath, summaryOf } from './endedGroups.ts';
import type { Lives } from './lives.ts';

/** What never changes while a daemon runs. */
export interface Facts {
  release: string;
  startedAt: number;
  manager: string;
  schedulerAddress: string;
  /** Of the workers for a scheduler that speaks this; null: it is not known. */
  workerReleaseFor: (terms: Terms | null) => string | null;
  region: string;
  cluster: string;
  ownershipTag: string;
}

/** What an operator orders, for the root machine. */
export type OperatorEvent =
  | { type: 'fleet.hold'; at: number; reason: string }
  | { type: 'fleet.resume'; at: number }
  | { type: 'fleet.retryNow' }
  | { type: 'fleet.drainGroups'; at: number; groupIds: string[] };

export interface SourceParts {
  facts: Facts;
  views: ActorViews;
  ledger: Pick<LedgerView, 'group' | 'history'>;
  lives: Lives;
  feed: Pick<Feed, 'recent'>;
  send: (event: OperatorEvent) => void;
  now: () => number;
  log: Log;
}

const deathsShown = 10;
/** Groups that a log line names. */
const mostNamed = 10;

/** What a running daemon answers: from the snapshots of its actors, its ledger and what it has reported. */
export function createControlSource(parts: SourceParts): ControlSource {
  const { facts, views, ledger, lives, feed, send, now, log } = parts;

  function status(): Status {
    const fleet = views.fleet();
    const { terms } = fleet.scheduler;
    const { state, trouble } = views.root();
    return {
      ...{ at: now(), release: facts.release, pid: process.pid, startedAt: facts.startedAt },
      manager: facts.manager,
      scheduler: {
        address: facts.schedulerAddress,
        generation: terms?.generation ?? null,
        releases: terms ? (generationWords.words?.[terms.generation] ?? null) : null,
        transport: terms?.transport ?? null,
        workerRelease: facts.workerReleaseFor(terms),
      },
      aws: {
        region: facts.region,
        cluster: facts.cluster,
        mark: facts.ownershipTag,
        state,
        trouble,
      },
      fleet,
      degraded: views.degraded(),
      deaths: ledger.history().filter(isDeath).slice(0, deathsShown).map(summaryOf),
    };
  }

  function explain(name: string): Explained {
    const found = name === 'last' ? ({ unknown: true } as const) : views.find(name);
    if ('ambiguous' in found) return found;
    if ('group' in found) {
      const { group } = found;
      const unknown = { createdAt: null, runningAt: null, registeredAt: null };
      const times = ledger.group(group.groupId) ?? unknown;
      return { life: livingLife(group, times, lives.of(group.groupId)) };
    }
    const over = findEnded(ledger.history(), name);
    if (!('ended' in over)) return over;
    return { life: endedLife(over.ended, lives.of(over.ended.groupId)) };
  }

  function drain(names: readonly string[]): DrainAnswer {
    const answer: DrainAnswer = { draining: [], unknown: [], ambiguous: [] };
    for (const name of names) {
      const found = views.find(name);
      if ('group' in found) answer.draining.push(found.group.groupId);
      else if ('ambiguous' in found) answer.ambiguous.push(name);
      else answer.unknown.push(name);
    }
    const { draining } = answer;
    // One that is not clear may be a slip: then none of them is drained.
    if (answer.ambiguous.length > 0 || draining.length === 0) return { ...answer, draining: [] };
    lives.onEvicted(draining);
    log.report('operator.drained', {
      count: draining.length,
      groups: draining.slice(0, mostNamed),
    });
    send({ type: 'fleet.drainGroups', at: now(), groupIds: draining });
    return answer;
  }

  return {
    status,
    groups: ({ cursor }) => views.page(cursor),
    explain: ({ group }) => explain(group),
    history: ({ limit = 100 }) => ledger.history().slice(0, limit).map(summaryOf),
    events: ({ limit = 100 }) => feed.recent(limit),
    drain: ({ groups }) => drain(groups),
    hold({ reason }) {
      const words = visible(reason).trim();
      log.report('operator.held', { reason: words });
      send({ type: 'fleet.hold', at: now(), reason: words });
      return { held: true };
    },
    resume() {
      log.report('operator.resumed', {});
      send({ type: 'fleet.resume', at: now() });
      return { held: false };
    },
    retry() {
      const breakers = views.fleet().breakers.length;
      log.report('operator.retried', { breakers });
      send({ type: 'fleet.retryNow' });
      return { breakers };
    },
  };
}
