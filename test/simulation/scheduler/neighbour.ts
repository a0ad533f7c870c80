import type { SchedulerMessage } from '../../../machines/scheduler/messages.ts';
import type { Random } from '../random.ts';
import type { ConnectedWorker, Dialogue, Situation, Source } from './dialogue.ts';
import { newSource } from './dialogue.ts';

const mostGroups = 2;

/**
 * Another worker manager at a scheduler of groups, with groups of its own: it answers at once. Of g1 it gets our
 * commands, and we get its.
 */
export function createNeighbour(random: Random, workersPerTask: number) {
  const groups = new Set<string>();
  let made = 0;
  let isAlive = true;
  const source: Source = { ...newSource('neighbour', 0), cap: mostGroups };

  function answer(dialogue: Dialogue, command: SchedulerMessage, situation: Situation): void {
    const base = { groupId: '', workerIds: [], capabilities: [] };
    if (command.type === 'start') {
      const isRoom = groups.size < mostGroups && random.chance(0.7);
      const groupId = isRoom ? `neighbour-${++made}` : '';
      if (isRoom) groups.add(groupId);
      const outcome = isRoom ? 'success' : 'tooMany';
      dialogue.onResponse(source, { ...base, command: 'start', outcome, groupId }, situation);
    } else if (command.type === 'shutdown' && command.groupId !== null) {
      const { groupId } = command;
      const outcome = groups.delete(groupId) ? 'success' : 'notFound';
      dialogue.onResponse(source, { ...base, command: 'shutdown', outcome, groupId }, situation);
    }
  }

  return {
    source,
    isAlive: () => isAlive,
    has: (groupId: string) => isAlive && groups.has(groupId),
    /** It ends, with its workers; what the scheduler knows of it stays. */
    end(): void {
      isAlive = false;
    },
    beat(dialogue: Dialogue, situation: Situation): void {
      for (const command of dialogue.commands(source, situation))
        answer(dialogue, command, situation);
    },
    workers(): ConnectedWorker[] {
      if (!isAlive) return [];
      return [...groups].flatMap((groupId) =>
        Array.from({ length: workersPerTask }, (_, i) => ({
          workerId: `Worker|FIX|${groupId}|${i}`,
          managerId: null,
          queued: 0,
        })),
      );
    },
  };
}

export type Neighbour = ReturnType<typeof createNeighbour>;
