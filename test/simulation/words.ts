import type { OutgoingMessage, SchedulerMessage } from '../../machines/scheduler/messages.ts';

/** Of what is said on each heartbeat, only that it is. */
export const wordsOf = (message: SchedulerMessage | OutgoingMessage): string => {
  switch (message.type) {
    case 'heartbeat':
      return `heartbeat ${message.heartbeat.maxTaskConcurrency}`;
    case 'response':
      return `${message.response.command} ${message.response.outcome} ${message.response.groupId}`;
    case 'heartbeatEcho':
      return 'echo';
    default:
      return JSON.stringify(message);
  }
};
