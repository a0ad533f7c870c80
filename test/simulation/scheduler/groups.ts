import type { CommandResponse, SchedulerMessage } from '../../../machines/scheduler/messages.ts';
import { type Dialogue, type Policy, type Situation, type Source, wants } from './dialogue.ts';

const start: SchedulerMessage = { type: 'start', capabilities: [] };

/**
 * g1 and g1b: groups are started and shut down one by one. A group that a success has told is known until its shutdown
 * succeeds, whatever became of it. A command comes with each heartbeat, whether or not the last one was answered.
 *
 * g1 has one list of groups, and asks whichever manager has sent the heartbeat. `perManager`: g1b has a list for each
 * manager, and forgets it with the manager.
 */
export function groupDialogue(policy: Policy, perManager: boolean): Dialogue {
  const all = new Set<string>();
  const knownOf = (source: Source): Set<string> => (perManager ? source.groups : all);
  return {
    groups: (sources) =>
      perManager ? [...sources].flatMap((source) => [...source.groups]) : [...all],
    commands(source: Source, situation: Situation): SchedulerMessage[] {
      const known = knownOf(source);
      const [first] = known;
      switch (wants(policy, situation)) {
        case 'more': {
          // The capability policy waits for the workers of the groups that it has.
          const waits = policy === 'direct' && situation.workers.length === 0 && known.size > 0;
          return known.size < source.cap && !waits ? [start] : [];
        }
        case 'fewer':
          return first === undefined ? [] : [{ type: 'shutdown', groupId: first, workerIds: [] }];
        case 'same':
          return [];
      }
    },
    onResponse(source, { command, outcome, groupId }: CommandResponse): string | null {
      const known = knownOf(source);
      if (command === 'start') {
        if (outcome === 'tooMany') return null;
        if (outcome !== 'success') return `a start answered with ${outcome}`;
        known.add(groupId);
        return null;
      }
      if (outcome === 'success') known.delete(groupId);
      else if (outcome !== 'notFound') return `a shutdown answered with ${outcome}`;
      return null;
    },
  };
}
