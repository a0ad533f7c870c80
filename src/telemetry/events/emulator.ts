import { error } from './common.ts';
import { type EventDefinition, text } from './definition.ts';

const task = text('id of the emulated Fargate task');

/** The ECS emulator (`scaler-ecs emulator`), which logs to stderr. */
export const emulatorEvents = {
  'emulator.namespacesUnavailable': {
    level: 'warn',
    fields: {},
    sentence: 'No PID namespaces on this system: each task is a process group with a watchdog.',
    explanation: 'What leaves its process group may outlive the task.',
  },
  'emulator.programNotFound': {
    level: 'warn',
    fields: { task, path: text('PATH of the tasks') },
    sentence:
      'Task {task} ended with exit code 127: a program of its command is not in the PATH of the tasks, {path}.',
    explanation: 'Reported once for each run of the emulator.',
    remedy:
      'Start the emulator in the virtual environment where Scaler is installed, or name its bin directory with --task-path. --log-dir keeps what tasks print.',
  },
  'emulator.requestFailed': {
    level: 'error',
    fields: { error },
    sentence: 'The emulator failed to handle a request: {error}.',
    remedy: 'This is a bug of scaler-ecs: please report the line.',
  },
  'emulator.stepFailed': {
    level: 'error',
    fields: { error },
    sentence: 'A planned step of the emulator failed: {error}.',
    remedy: 'This is a bug of scaler-ecs: please report the line.',
  },
  'emulator.processNotStarted': {
    level: 'error',
    fields: { task, error },
    sentence: 'Cannot start a process for task {task}: {error}.',
  },
  'emulator.taskLogNotOpened': {
    level: 'error',
    fields: { task, error },
    sentence: 'Cannot open the log file of task {task}: {error}.',
  },
  'emulator.stopRequested': {
    level: 'info',
    fields: { signal: text('signal that was received') },
    sentence: 'Received {signal}: stopping every task.',
  },
} as const satisfies Record<string, EventDefinition>;
