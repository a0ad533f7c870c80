import { randomUUID } from 'node:crypto';
import { fromCallback } from 'xstate';
import type { MonitorSocketEvent } from '../../machines/scheduler/events.ts';
import type { MonitorMessage } from '../../machines/scheduler/messages.ts';
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
}

/** What arrives within this time goes into one event, ms. */
const gatherMs = 100;

/** Puts messages that arrive together into one batch. */
function gatherer(flush: (messages: MonitorMessage[]) => void) {
  let batch: MonitorMessage[] = [];
  let isFirst = true;
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
      // A worker must not be stopped or reported while a task of its is being cancelled: that cannot wait.
      const isUrgent = message.type === 'monitor.task' && message.state === 'canceling';
      const isFirstList = isFirst && message.type === 'monitor.workers';
      if (isFirstList) isFirst = false;
      // Not in the same turn of the event loop: to read a long list takes as long as to take it in.
      if (isFirstList || isUrgent) immediate ??= setImmediate(flushNow);
      else timer ??= setTimeout(flushNow, gatherMs);
    },
    cancel,
  };
}

/** One connection to the monitor stream: bytes to events; nothing is sent. */
export const monitorSocket = ({ connect, address }: MonitorSocketSettings) =>
  fromCallback(({ sendBack }) => {
    // Without an address nothing will ever be shown, and nothing waits for it.
    if (address === null) return;
    const tell = (event: MonitorSocketEvent) => sendBack(event);
    const gathered = gatherer((messages) =>
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
            if (message !== null) gathered.add(message);
          } catch (error) {
            if (!(error instanceof ProtocolFailure)) throw error;
            tell({ type: 'socket.unreadable', at: now(), reason: error.message });
          }
        },
        onClosed({ kind, reason }) {
          gathered.cancel();
          tell({
            ...{ type: 'socket.closed', at: now() },
            ...{ reason: `${kind}: ${reason}`, jitter: Math.random() },
          });
        },
      },
    );
    return () => {
      gathered.cancel();
      connection.destroy();
    };
  });
