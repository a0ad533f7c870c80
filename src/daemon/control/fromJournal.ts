import type { JournaledGroup } from '../../../machines/recovery/journalFacts.ts';
import { taskIdOf } from '../../../machines/shared/ids.ts';
import type { Explained, Life, LifeStep } from '../../control/api.ts';
import { endedLife, noMoments } from '../../control/life.ts';
import { type PeekedJournal, peekJournal } from '../../store/peekJournal.ts';
import { findEnded } from './endedGroups.ts';

const mostMatches = 10;

/** The same as a running daemon explains, from its journal alone. Null: there is no journal. Throws a StoreFailure. */
export function explainFromJournal(dir: string, name: string): Explained | null {
  const journal = peekJournal(dir);
  if (journal === null) return null;
  const { ledger, requestedAt } = journal;
  const over = findEnded(ledger.history(), name);
  if ('ambiguous' in over) return over;
  if ('ended' in over) {
    const at = requestedAt.get(over.ended.groupId) ?? null;
    return { life: endedLife(over.ended, { ...noMoments, requestedAt: at }) };
  }
  if (name === 'last') return over;
  const living = ledger.groups().filter((group) => isNamed(group, name));
  const exact = living.find(({ groupId, taskArn }) => groupId === name || taskArn === name);
  const [only = exact, ...others] = living;
  if (only && (exact || others.length === 0)) return { life: knownLife(exact ?? only, journal) };
  if (living.length > 0)
    return { ambiguous: living.slice(0, mostMatches).map(({ groupId }) => groupId) };
  return { unknown: true };
}

function isNamed({ groupId, taskArn }: JournaledGroup, name: string): boolean {
  return groupId.startsWith(name) || taskArn === name || taskIdOf(taskArn).startsWith(name);
}

/** Of a group that had not ended when the journal was last written. */
function knownLife(group: JournaledGroup, { requestedAt, writtenAt }: PeekedJournal): Life {
  const { groupId, taskArn, createdAt, runningAt, registeredAt } = group;
  const steps: LifeStep[] = [
    { at: requestedAt.get(groupId) ?? null, what: 'requested: RunTask is sent' },
    { at: createdAt, what: 'launched: ECS created the Fargate task' },
    { at: runningAt, what: 'running: its containers run' },
    { at: registeredAt, what: 'registered: its workers are known to the scheduler' },
    { at: writtenAt, what: 'the journal was last written, and it had not ended' },
  ];
  return {
    ...{ groupId, taskArn, isAlive: true, category: null },
    steps: steps.filter(({ at }) => at !== null),
    ...{ cause: null, words: null, wordsAreOurs: false },
    diagnosis: 'No daemon of this manager runs: only its journal was read.',
    remedy: 'Start the daemon again: it takes the task over. scaler-ecs gc stops what is left.',
    usd: null,
  };
}
