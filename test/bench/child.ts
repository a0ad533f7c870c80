import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** Milliseconds since the epoch with sub-millisecond resolution; comparable between the processes of one machine. */
export const epochMs = (): number => performance.timeOrigin + performance.now();

interface ChildEvent {
  event: string;
}

export interface Child<Request, Received extends ChildEvent> {
  pid: number;
  send(request: Request): void;
  /** The next unhandled event of this kind that matches, received or still to come. Rejects after 180 s or when the child exits. */
  waitFor<Event extends Received['event']>(
    event: Event,
    matches?: (message: Extract<Received, { event: Event }>) => boolean,
  ): Promise<Extract<Received, { event: Event }>>;
  kill(): Promise<void>;
}

const waitLimitMs = 180_000;

/** Starts a TypeScript program as a child process with an IPC channel. */
export function startChild<Request, Received extends ChildEvent>(
  program: URL,
  {
    args = [],
    nodeOptions = [],
    env = {},
  }: {
    args?: string[];
    nodeOptions?: string[];
    env?: Record<string, string>;
  } = {},
): Child<Request, Received> {
  const child: ChildProcess = fork(program, args, {
    execArgv: [...nodeOptions, '--import', 'tsx'],
    env: { ...process.env, ...env },
  });
  const exited = once(child, 'exit');
  const unhandled: Received[] = [];
  let notify: () => void = () => {};
  let hasExited = false;
  child.on('message', (message: Received) => {
    unhandled.push(message);
    notify();
  });
  exited.then(() => {
    hasExited = true;
    notify();
  });
  return {
    pid: child.pid ?? 0,
    send: (request) => void child.send(request as object),
    async waitFor(event, matches = () => true) {
      const until = performance.now() + waitLimitMs;
      for (;;) {
        const found = unhandled.findIndex(
          (message) => message.event === event && matches(message as never),
        );
        if (found >= 0) return unhandled.splice(found, 1)[0] as never;
        if (hasExited) throw new Error(`${program.pathname} ended while waiting for: ${event}`);
        const left = until - performance.now();
        if (left <= 0) throw new Error(`not within ${waitLimitMs / 1000} s: ${event}`);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, left);
          notify = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
