import { reason } from './common.ts';
import { type EventDefinition, quantity, text } from './definition.ts';

const path = text('file or directory');

/** The state directory: journal, identity and lock. */
export const storeEvents = {
  'journal.damaged': {
    level: 'error',
    fields: { path, kept: text('where the damaged file is now'), reason },
    sentence: 'The journal {path} is damaged ({reason}): what can be read of it is used.',
    explanation: 'The damaged file is kept aside; the next inventory finds tasks that it forgot.',
    remedy: 'Check the disk. Remove the file that was kept when you no longer need it.',
  },
  'journal.truncated': {
    level: 'warn',
    fields: {
      path,
      goodBytes: quantity('bytes', 'that are used'),
      cutBytes: quantity('bytes', 'that were cut off'),
    },
    sentence: 'The journal {path} ends in an unfinished write: {cutBytes} bytes were cut off.',
    explanation: 'A process that was killed leaves this. Nothing that was promised is lost.',
  },
  'journal.writeFailed': {
    level: 'error',
    fields: { path, reason },
    sentence: 'The journal in {path} cannot be written: {reason}.',
    explanation: 'Nothing is launched until it can; heartbeats and stops go on. We try every 5 s.',
    remedy: 'Make room on the disk, or mend the rights of the state directory.',
  },
  'journal.writeRecovered': {
    level: 'info',
    fields: { path },
    sentence: 'The journal in {path} can be written again.',
  },
  'journal.compactionFailed': {
    level: 'warn',
    fields: { path, reason },
    sentence: 'The journal in {path} cannot be compacted: {reason}.',
    explanation: 'It stays usable and grows; we try again later.',
    remedy: 'Make room on the disk.',
  },
  'journalFile.closeFailed': {
    level: 'debug',
    fields: { path, reason },
    sentence: 'The journal file {path} was not closed in order: {reason}.',
  },
  'identity.replaced': {
    level: 'warn',
    fields: { path },
    sentence: 'The identity file {path} was damaged: a new identity was made.',
    explanation: 'The scheduler takes us for another manager until it has forgotten the old one.',
  },
  'lockFile.pidNotWritten': {
    level: 'warn',
    fields: { path, reason },
    sentence: 'Our process id could not be written into the lock file in {path}: {reason}.',
    remedy: 'Make room on the disk.',
  },
} as const satisfies Record<string, EventDefinition>;
