import { close, constants, fstatSync, openSync, write } from 'node:fs';
import { Socket } from 'node:net';

/** Bytes of lines that wait for a reader. Beyond that lines are dropped, so that the daemon never blocks. */
const maxQueuedBytes = 4 * 1024 * 1024;
/** Bytes of one write; Docker reads as much at once. */
const maxChunkBytes = 16 * 1024;
/** Pause before a full pipe is tried again, ms. */
const retryMs = 50;

type Sent = (error: NodeJS.ErrnoException | null, written: number) => void;

/** Where bytes go. It never blocks the process: a destination that takes nothing answers EAGAIN, or later. */
export interface Sink {
  send(bytes: Buffer, sent: Sent): void;
  close(): void;
}

/** One destination of a log: keeps lines until they are written. */
export class LogDestination {
  #sink: Sink;
  readonly #open: (() => Sink) | null;
  #lines: string[] = [];
  #queuedBytes = 0;
  #chunk: Buffer | null = null;
  #isSending = false;
  #hasEnded = false;
  #next: Sink | null = null;
  #waiting: (() => void)[] = [];

  /** `open` opens it, and again for `reopen`; a sink that was given cannot be reopened. Throws what opening throws. */
  constructor(from: Sink | (() => Sink)) {
    this.#open = typeof from === 'function' ? from : null;
    this.#sink = typeof from === 'function' ? from() : from;
  }

  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.#hasEnded || this.#queuedBytes + bytes > maxQueuedBytes) return;
    this.#lines.push(line);
    this.#queuedBytes += bytes;
    this.#send();
  }

  /** Goes on in the file that now has this name, once the line in hand is written. Throws what opening throws. */
  reopen(): void {
    if (!this.#open) return;
    this.#next?.close();
    this.#next = this.#open();
    this.#hasEnded = false;
    if (!this.#isSending) this.#swap();
    this.#send();
  }

  /** Resolves when all lines are written, when they cannot be written, or after `ms`. */
  flush(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
      this.#send();
    });
  }

  #send(): void {
    if (this.#isSending) return;
    this.#chunk ??= this.#takeChunk();
    if (this.#chunk === null) {
      this.#endWaiting();
      return;
    }
    this.#isSending = true;
    this.#sink.send(this.#chunk, (error, written) => this.#onSent(error, written));
  }

  #onSent(error: NodeJS.ErrnoException | null, written: number): void {
    if (error?.code === 'EAGAIN') {
      setTimeout(() => {
        this.#isSending = false;
        this.#send();
      }, retryMs).unref();
      return;
    }
    this.#isSending = false;
    this.#advance(written);
    // A line that is half written is finished where it began, unless that fails.
    if (this.#chunk === null || error !== null) this.#swap();
    if (error === null) {
      this.#send();
      return;
    }
    // The reader has gone for good. After any other error, like a full disk, the next line tries again.
    if (error.code === 'EPIPE') this.#drop();
    this.#endWaiting();
  }

  #takeChunk(): Buffer | null {
    if (this.#lines.length === 0) return null;
    let bytes = 0;
    const count = this.#lines.findIndex((line) => {
      bytes += Buffer.byteLength(line);
      return bytes > maxChunkBytes;
    });
    // A longer line goes alone.
    const taken = this.#lines.splice(0, count < 0 ? this.#lines.length : Math.max(1, count));
    return Buffer.from(taken.join(''));
  }

  #advance(written: number): void {
    this.#queuedBytes -= written;
    const rest = this.#chunk?.subarray(written);
    this.#chunk = rest?.length ? rest : null;
  }

  #swap(): void {
    if (!this.#next) return;
    this.#sink.close();
    this.#sink = this.#next;
    this.#next = null;
  }

  #drop(): void {
    this.#hasEnded = true;
    this.#lines = [];
    this.#chunk = null;
    this.#queuedBytes = 0;
  }

  #endWaiting(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function fileSink(fd: number, isOurs: boolean): Sink {
  return {
    send: (bytes, sent) =>
      write(fd, bytes, (error, written) => sent(error, error === null ? written : 0)),
    close() {
      if (isOurs) close(fd, () => {});
    },
  };
}

/** libuv writes to a socket without blocking. It may take bytes that are never read. */
function socketSink(fd: number): Sink {
  // Before the socket exists: stderr may be the same socket, and would make it block.
  void process.stderr;
  const socket = new Socket({ fd, readable: false, writable: true });
  socket.unref();
  let failure: NodeJS.ErrnoException | null = null;
  socket.on('error', (error) => {
    failure = error;
  });
  return {
    send: (bytes, sent) =>
      socket.write(bytes, (error) => {
        const broken = error ?? failure;
        if (broken) sent(Object.assign(broken, { code: 'EPIPE' }), 0);
        else sent(null, bytes.length);
      }),
    close() {},
  };
}

const { O_APPEND, O_CREAT, O_NONBLOCK, O_WRONLY } = constants;

/** A log file, readable by its owner only; a named pipe must have a reader. Throws the system's error. */
export function openLogFile(path: string): LogDestination {
  // Without O_NONBLOCK the start would wait for the reader of a named pipe.
  const open = () => openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o600);
  return new LogDestination(() => fileSink(open(), true));
}

/** Standard output or standard error. A process cannot end while a write to a full pipe blocks, so that none may. */
export function openStandard(fd: 1 | 2): LogDestination {
  const stats = fstatSync(fd);
  if (stats.isSocket()) return new LogDestination(socketSink(fd));
  if (stats.isFIFO() || stats.isCharacterDevice()) {
    try {
      // Our own open file: the flag would change the one that we share with other processes.
      const own = openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_APPEND | O_NONBLOCK);
      return new LogDestination(fileSink(own, false));
    } catch {
      // A system without /proc.
    }
  }
  return new LogDestination(fileSink(fd, false));
}
