import { fromCallback } from 'xstate';
import type {
  MonitorSocketEvent,
  SocketCommand,
  SocketEvent,
} from '../../machines/scheduler/events.ts';
import type {
  Generation,
  OutgoingMessage,
  SchedulerMessage,
} from '../../machines/scheduler/messages.ts';
import { now } from '../../src/shared/clock.ts';
import type { Owner } from './agenda.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler/scheduler.ts';

/** What passes over the connection to the scheduler, before the session hears of it. */
export interface ConnectionEvents {
  opened(): void;
  /** Something has come from the scheduler. */
  told(generation: Generation, message: SchedulerMessage): void;
  /** Something has been sent to it. */
  said(message: OutgoingMessage): void;
  closed(kind: string): void;
}

/** One attempt to connect to the scheduler: what src/scheduler/schedulerSocket does, without bytes. */
export const simulatedSocket = (
  { owner, identity }: { owner: Owner; identity: string },
  scheduler: Scheduler,
  random: Random,
  events: ConnectionEvents,
) =>
  fromCallback<SocketCommand>(({ sendBack, receive }) => {
    let open = true;
    const tell = (event: SocketEvent) => open && sendBack(event);
    const line = scheduler.connect({
      ...{ owner, identity },
      onOpen(magic) {
        if (open) events.opened();
        tell({ type: 'socket.open', at: now(), magic });
      },
      onMessage(generation, message) {
        if (!open) return;
        events.told(generation, message);
        tell({ type: 'socket.message', at: now(), generation, message });
      },
      onClosed(kind, reason) {
        if (open) events.closed(kind);
        tell({ type: 'socket.closed', at: now(), kind, reason, jitter: random.next() });
        open = false;
      },
    });
    receive((command) => {
      if (owner.dead) return;
      if (command.type === 'socket.expect') line.expect(command.generation);
      else if (command.type === 'socket.close') line.close();
      else if (line.send(command.message)) events.said(command.message);
      else tell({ type: 'socket.sendFailed', at: now(), what: command.message });
    });
    return () => {
      if (open) events.closed('destroyed');
      open = false;
      line.destroy();
    };
  });

/** What src/scheduler/monitorSocket does, without bytes. */
export const simulatedMonitorSocket = (owner: Owner, scheduler: Scheduler, random: Random) =>
  fromCallback(({ sendBack }) => {
    let open = true;
    const tell = (event: MonitorSocketEvent) => open && sendBack(event);
    const leave = scheduler.subscribe({
      owner,
      onOpen: () => tell({ type: 'socket.open', at: now() }),
      onMessage: (message) => tell({ type: 'monitor.messages', at: now(), messages: [message] }),
      onClosed(reason) {
        tell({ type: 'socket.closed', at: now(), reason, jitter: random.next() });
        open = false;
      },
    });
    return () => {
      open = false;
      leave();
    };
  });
