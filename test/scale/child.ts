import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** Milliseconds since the epoch, finer than Date: comparable between the processes of one machine. */
export const epochMs = (): number => performance.timeOrigin + performance.now();

interface News {
  event: string;
}

export interface Child<Order, Heard extends News> {
  tell(order: Order): void;
  /** The first of this kind, come already or still to come, that nobody has heard and that fits. */
  hear<Event extends Heard['event']>(
    event: Event,
    fits?: (news: Extract<Heard, { event: Event }>) => boolean,
  ): Promise<Extract<Heard, { event: Event }>>;
  end(): Promise<void>;
}

const patienceMs = 180_000;

/** Another TypeScript program of this folder in a process of its own, talked to over IPC. */
export const startChild = <Order, Heard extends News>(
  program: string,
  {
    words = [],
    nodeOptions = [],
    env = {},
  }: {
    words?: string[];
    nodeOptions?: string[];
    env?: Record<string, string>;
  } = {},
): Child<Order, Heard> => {
  const child: ChildProcess = fork(new URL(program, import.meta.url), words, {
    execArgv: [...nodeOptions, '--import', 'tsx'],
    env: { ...process.env, ...env },
  });
  const exited = once(child, 'exit');
  const backlog: Heard[] = [];
  let wake: () => void = () => {};
  let dead = false;
  child.on('message', (news: Heard) => {
    backlog.push(news);
    wake();
  });
  exited.then(() => {
    dead = true;
    wake();
  });
  return {
    tell: (order) => void child.send(order as object),
    async hear(event, fits = () => true) {
      const until = performance.now() + patienceMs;
      for (;;) {
        const found = backlog.findIndex((news) => news.event === event && fits(news as never));
        if (found >= 0) return backlog.splice(found, 1)[0] as never;
        if (dead) throw new Error(`${program} ended while we waited for: ${event}`);
        const left = until - performance.now();
        if (left <= 0) throw new Error(`not within ${patienceMs / 1000} s: ${event}`);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, left);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    },
    async end() {
      child.kill('SIGKILL');
      await exited;
    },
  };
};
