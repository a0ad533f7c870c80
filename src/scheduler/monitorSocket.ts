import { randomUUID } from 'node:crypto';
import { fromCallback } from 'xstate';
import type { MonitorSocketEvent } from '../../machines/scheduler/events.ts';
import type { whenTold } from '../../machines/scheduler/gathering.ts';
import type { MonitorMessage } from '../../machines/scheduler/messages.ts';
import { gatherMs } from '../../machines/shared/timing.ts';
import type { Address } from '../shared/address.ts';
import { now } from '../shared/clock.ts';
import { decodeMonitor } from './protocol/monitor.ts';
import { ProtocolFailure } from './protocol/protocolFailure.ts';
import { WorkerLists } from './protocol/workerLists.ts';
import type { Connect } from './transport/connection.ts';

export interface MonitorSocketSettings {
  connect: Connect;
  /** Null: the scheduler's address has no monitor address beside it. */
  address: Address | null;
  whenTold: typeof whenTold;
}

/** Keeps messages until they are to be told, then tells them as one batch. */
function gatherer(
  { whenTold }: Pick<MonitorSocketSettings, 'whenTold'>,
  flush: (messages: MonitorMessage[]) => void,
) {
  let batch: MonitorMessage[] = [];
  let hadList = false;
  let timer: NodeJS.Timeout | undefined;
  let immediate: NodeJS.Immediate | undefined;
  const cancel = () => {
    clearTimeout(timer);
    clearImmediate(immediate);
    timer = undefined;
    immediate = undefined;
  };
  const flushNow = () => {
    cancel();
    const messages = batch;
    batch = [];
    flush(messages);
  };
  return {
    add(message: MonitorMessage) {
      batch.push(message);
      const when = whenTold(message, hadList);
      hadList ||= message.type === 'monitor.workers';
      if (when === 'soon') immediate ??= setImmediate(flushNow);
      else timer ??= setTimeout(flushNow, gatherMs);
    },
    cancel,
  };
}

/** One connection to the monitor stream: bytes to events; nothing is sent. */
export const monitorSocket = ({ connect, address, whenTold }: MonitorSocketSettings) =>
  fromCallback(({ sendBack }) => {
    // Without an address nothing will ever be shown, and nothing waits for it.
    if (address === null) return;
    const tell = (event: MonitorSocketEvent) => sendBack(event);
    const batches = gatherer({ whenTold }, (messages) =>
      tell({ type: 'monitor.messages', at: now(), messages }),
    );
    const lists = new WorkerLists();
    const connection = connect(
      { address, identity: `scaler-ecs-monitor|${randomUUID().replaceAll('-', '')}` },
      {
        onOpen: () => tell({ type: 'socket.open', at: now() }),
        onMessage(payload) {
          try {
            const message = decodeMonitor(payload, undefined, lists);
            if (message !== null) batches.add(message);
          } catch (error) {
            if (!(error instanceof ProtocolFailure)) throw error;
            tell({ type: 'socket.unreadable', at: now(), reason: error.message });
          }
        },
        onClosed({ kind, reason }) {
          batches.cancel();
          tell({
            ...{ type: 'socket.closed', at: now() },
            ...{ reason: `${kind}: ${reason}`, jitter: Math.random() },
          });
        },
      },
    );
    return () => {
      batches.cancel();
      connection.destroy();
    };
  });
