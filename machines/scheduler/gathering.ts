import type { MonitorMessage } from './messages.ts';

/**
 * When messages of the monitor stream are told that have been gathered: `soon`: in the next turn of the event loop, and
 * not in this one, because reading a long list takes as long as taking it in; `gathered`: once what arrives together has been
 * gathered.
 */
export type TellingTime = 'soon' | 'gathered';

/**
 * When a message is told, with all that has been gathered before it. `hadList`: a list of all workers has come before on
 * this connection.
 */
export function whenTold(message: MonitorMessage, hadList: boolean): TellingTime {
  // A worker must not be stopped or reported while a task of its is being cancelled: that cannot wait.
  const isUrgent = message.type === 'monitor.task' && message.state === 'canceling';
  const isFirstList = message.type === 'monitor.workers' && !hadList;
  return isFirstList || isUrgent ? 'soon' : 'gathered';
}
