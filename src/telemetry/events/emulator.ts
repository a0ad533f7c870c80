import { error } from './common.ts';
import { type EventDefinition, text } from './definition.ts';

const task = text('id of the emulated Fargate task');

/** The ECS emulator (`scaler-ecs emulator`), which logs to stderr. */
export const emulatorEvents = {
  'emulator.namespacesUnavailable': {
    level: 'warn',
    fields: {},
    sentence: 'This system gives us no PID namespaces: a task is a process group with a watchdog.',
    explanation: 'What leaves its process group may outlive the task.',
  },
  'emulator.requestFailed': {
    level: 'error',
    fields: { error },
    sentence: 'A request has failed inside the emulator: {error}.',
    remedy: 'This is a bug of scaler-ecs: please report the line.',
  },
  'emulator.stepFailed': {
    level: 'error',
    fields: { error },
    sentence: 'A planned step of the emulator has failed: {error}.',
    remedy: 'This is a bug of scaler-ecs: please report the line.',
  },
  'emulator.processNotStarted': {
    level: 'error',
    fields: { task, error },
    sentence: 'No process could be started for task {task}: {error}.',
  },
  'emulator.taskLogNotOpened': {
    level: 'error',
    fields: { task, error },
    sentence: 'The log file of task {task} could not be opened: {error}.',
  },
  'emulator.stopRequested': {
    level: 'info',
    fields: { signal: text('signal that was received') },
    sentence: 'Stopping every task after {signal}.',
  },
} as const satisfies Record<string, EventDefinition>;
