import { setImmediate, setTimeout } from 'node:timers/promises';

/** The connection of a viewer. */
export interface FeedOutlet {
  send: (text: string) => void;
  /** Bytes that wait to be sent. */
  readonly bufferedAmount: number;
  readonly isOpen: boolean;
  /** Ends the connection at once. */
  drop: () => void;
}

/** A viewer with more than this waiting is dropped, so that it does not cost us our memory; it may connect again. Bytes. */
const mostWaiting = 16 * 1024 * 1024;
const enoughWaiting = 1024 * 1024;
const linesAtOnce = 500;

/** One viewer of a recording: it gets the past in pieces, then what happens. */
export interface Feed {
  add(line: string): void;
  /** Sends what was added. Called a few times a second. */
  flush(): void;
}

export function createFeed(outlet: FeedOutlet, past: Iterable<string>, last: () => string): Feed {
  let pending: string[] = [];
  let isSendingPast = true;

  const send = (lines: string[]): void => {
    if (!outlet.isOpen || lines.length === 0) return;
    if (outlet.bufferedAmount > mostWaiting) outlet.drop();
    else outlet.send(lines.join('\n'));
  };

  const sendPast = async (): Promise<void> => {
    let piece: string[] = [];
    for (const line of past) {
      piece.push(line);
      if (piece.length < linesAtOnce) continue;
      send(piece);
      piece = [];
      await setImmediate();
      while (outlet.isOpen && outlet.bufferedAmount > enoughWaiting) await setTimeout(10);
      if (!outlet.isOpen) return;
    }
    send([...piece, last()]);
    isSendingPast = false;
  };
  void sendPast();

  return {
    add: (line) => void pending.push(line),
    flush() {
      if (isSendingPast || pending.length === 0) return;
      send(pending);
      pending = [];
    },
  };
}
