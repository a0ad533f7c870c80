import type {
  CommandResponse,
  Generation,
  OutgoingMessage,
  SchedulerMessage,
} from '../../../machines/scheduler/messages.ts';
import { speaksGroups } from '../../../machines/scheduler/messages.ts';
import type { Magic, SchedulerRelease } from './releases.ts';

/** How the bytes of a message look to a manager that expects this generation; null: it cannot make sense of them. */
export function decodedAs(
  { type }: SchedulerMessage,
  spoken: Generation,
  expected: Generation | null,
): Generation | null {
  if (type === 'start' || type === 'shutdown')
    return speaksGroups(spoken) ? (expected === 'g1b' ? 'g1b' : 'g1') : spoken;
  // Under both numberings its body tells it apart.
  if (type === 'desired') return spoken;
  if ((spoken === 'g4') !== (expected === 'g4') && expected !== null) return null;
  if (spoken === 'g4') return 'g4';
  return expected ?? 'g3';
}

/** The scheduler can read the heartbeat's number. */
export function readsNumber(generation: Generation, scheduler: SchedulerRelease): boolean {
  return (generation === 'g4') === (scheduler.generation === 'g4');
}

/**
 * Why a message must not be sent to this scheduler whatever was said before; null: it may be. Over ZeroMQ a heartbeat
 * under the wrong number is harmless, and how a new manager finds out which is right.
 */
export function offenceOf(
  message: OutgoingMessage,
  scheduler: SchedulerRelease,
  magic: Magic,
): string | null {
  const { generation } = scheduler;
  const numbered = readsNumber(message.generation, scheduler);
  const groups = speaksGroups(generation);
  switch (message.type) {
    case 'heartbeat': {
      const { maxTaskConcurrency, workersPerGroup = 0, workerManagerID } = message.heartbeat;
      if (!numbered && magic !== null) return `a heartbeat numbered as of ${message.generation}`;
      if (numbered && workersPerGroup !== 0 && !groups)
        return `a heartbeat with workers per group to ${generation}`;
      if (!Number.isInteger(maxTaskConcurrency) || maxTaskConcurrency < 0)
        return `a heartbeat with ${maxTaskConcurrency} workers`;
      return workerManagerID === '' ? 'a heartbeat without a manager id' : null;
    }
    case 'response':
      if (generation === 'g3' || generation === 'g4') return 'a response, which it does not know';
      if (speaksGroups(message.generation) !== groups)
        return `a response of ${message.generation} to a scheduler of ${generation}`;
      return malformed(message.response, groups);
    case 'disconnectRequest':
      return generation === 'g4' || !numbered
        ? 'a DisconnectRequest, which it does not know'
        : null;
  }
}

function malformed(
  { command, outcome, groupId, workerIds }: CommandResponse,
  groups: boolean,
): string | null {
  const words = `${command} answered with ${outcome}`;
  if (groups && outcome === 'success' && groupId === '') return `${words} without a group id`;
  if (!groups && groupId !== '') return `${words} with a group id`;
  // A worker that was declared and never connects blocks as much capacity.
  return workerIds.length > 0 ? `${words} with ids of workers that cannot be known` : null;
}
