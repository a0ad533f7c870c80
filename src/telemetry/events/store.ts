import { reason } from './common.ts';
import { count, type EventDefinition, optional, quantity, text, texts } from './definition.ts';

const path = text('file or directory');

/** The state directory: journal, identity and lock. */
export const storeEvents = {
  'journal.damaged': {
    level: 'error',
    fields: { path, kept: text('where the damaged file is now'), reason },
    sentence: 'The journal {path} is damaged ({reason}): the readable part of it is used.',
    explanation:
      'The damaged file is kept as `kept`; the next list of our tasks in ECS finds those that it forgot.',
    remedy: 'Check the disk. Remove the kept file when you no longer need it.',
  },
  'journal.truncated': {
    level: 'warn',
    fields: {
      path,
      goodBytes: quantity('bytes', 'that are used'),
      cutBytes: quantity('bytes', 'that were cut off'),
    },
    sentence: 'The journal {path} ends in an unfinished write: {cutBytes} bytes were cut off.',
    explanation: 'A killed process leaves this. No launch is lost.',
  },
  'journal.writeFailed': {
    level: 'error',
    fields: { path, reason },
    sentence: 'Cannot write the journal in {path}: {reason}.',
    explanation:
      'Nothing is launched until it can be written; heartbeats and stops go on. Tried every 5 s.',
    remedy: 'Free space on the disk, or correct the permissions of the state directory.',
  },
  'journal.writeRecovered': {
    level: 'info',
    fields: { path },
    sentence: 'The journal in {path} can be written again.',
  },
  'managerFile.notWritten': {
    level: 'warn',
    fields: { path, reason },
    sentence: 'Cannot write {path}: {reason}.',
    explanation: 'Commands of operators may not find this manager by its id.',
    remedy: 'Free space on the disk, or correct the permissions of the state directory.',
  },
  'journal.compactionFailed': {
    level: 'warn',
    fields: { path, reason },
    sentence: 'Cannot compact the journal in {path}: {reason}.',
    explanation: 'It stays usable and grows. Tried again later.',
    remedy: 'Free space on the disk.',
  },
  'journalFile.closeFailed': {
    level: 'debug',
    fields: { path, reason },
    sentence: 'Closing the journal file {path} failed: {reason}.',
  },
  'identity.replaced': {
    level: 'warn',
    fields: { path },
    sentence: 'The identity file {path} was damaged: a new identity is used.',
    explanation: 'The scheduler sees a second manager until it has forgotten the old identity.',
  },
  'siblings.tasksFound': {
    level: 'warn',
    fields: {
      path,
      manager: optional(text('its worker_manager_id')),
      scheduler: optional(text('its scheduler address, as the workers reach it')),
      tasks: optional(texts('ARNs of tasks that still run')),
      unseen: optional(texts('ARNs of tasks that cannot be looked at')),
      launches: count('launches without an answer'),
    },
    sentence:
      'The state directory {path}[ of manager {manager} at {scheduler}], which no scaler-ecs uses now, knows of tasks that are not ours[; still running: {tasks}][; cannot be looked at: {unseen}][; {launches launch} without an answer].',
    explanation:
      'It is that of a manager with another worker_manager_id or scheduler address. After a change of one of them the fleet from before is left behind: nothing stops its tasks.',
    remedy:
      'Start scaler-ecs once with the worker_manager_id and the scheduler address from before, and stop it with SIGTERM; or stop these tasks in ECS and remove the directory. With fleet_id such a change keeps the fleet.',
  },
  'lockFile.pidNotWritten': {
    level: 'warn',
    fields: { path, reason },
    sentence: 'Cannot write the process id into the lock file in {path}: {reason}.',
    remedy: 'Free space on the disk.',
  },
} as const satisfies Record<string, EventDefinition>;
