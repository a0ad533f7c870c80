import { error, reason } from './common.ts';
import { count, type EventDefinition, text, texts } from './definition.ts';

/** The control socket, and what operators order through it. */
export const controlEvents = {
  'control.opened': {
    level: 'debug',
    fields: { path: text('the socket') },
    sentence: 'The commands status, groups, explain, drain and hold reach this daemon at {path}.',
  },
  'control.notOpened': {
    level: 'warn',
    fields: { dir: text('state directory'), reason },
    sentence: 'No control socket in {dir}: {reason}.',
    explanation: 'Only the commands that ask a running daemon do not work; all else does.',
    remedy:
      'Correct what the reason names and start the daemon again, or set control_socket = off.',
  },
  'control.crowded': {
    level: 'warn',
    fields: { clients: count('connections to the control socket') },
    sentence: '{clients connection} to the control socket are too many: all were closed.',
    explanation: 'The socket listens again at once. Reported once.',
    remedy: 'Look for a program of yours that asks the daemon and never closes its connection.',
  },
  'control.failed': {
    level: 'error',
    fields: { operation: text('what was asked for'), error },
    sentence: 'The control socket failed at {operation}: {error}.',
    remedy: 'This is a bug of scaler-ecs: please report the line.',
  },
  'operator.drained': {
    level: 'info',
    fields: {
      count: count('groups'),
      groups: texts('the first of them'),
    },
    sentence: 'An operator drains {count group}: {groups}.',
    explanation: 'They are stopped when they are idle, and are replaced if they are still desired.',
  },
  'operator.held': {
    level: 'warn',
    fields: { reason: text('what the operator has given as the reason') },
    sentence: 'An operator holds launches: {reason}.',
    remedy: 'scaler-ecs resume lets them go on.',
  },
  'operator.resumed': {
    level: 'info',
    fields: {},
    sentence: 'An operator lets launches go on.',
  },
  'operator.retried': {
    level: 'info',
    fields: { breakers: count('breakers that are tried now') },
    sentence: 'An operator has {breakers breaker} tried at once.',
  },
} as const satisfies Record<string, EventDefinition>;
