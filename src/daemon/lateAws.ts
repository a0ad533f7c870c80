import { setTimeout as sleep } from 'node:timers/promises';
import type { Limits } from '../aws/limiter.ts';
import type { connectAws } from './connectAws.ts';
import { importInTurn } from './importInTurn.ts';

type Aws = ReturnType<typeof connectAws>;
type Operations = Omit<Aws, 'close' | 'limits' | 'retryNow'>;

/** A scheduler that cannot be reached must not keep us from looking after our tasks, ms. */
const loadAnywayMs = 1000;

export interface LateAws extends Operations {
  /** Of the calls to AWS; empty before the first. */
  limits(): Limits;
  /** Ordered by an operator: what waits after a failure goes on at once. */
  retryNow(): void;
  /** Closes the clients, if they were ever made. */
  close(): void;
}

/**
 * What speaks to AWS, loaded at its first use, but not before `heartbeatSent` (or a second): its libraries are a good
 * part of a start, and the scheduler should hear of us before that.
 */
export function lateAws(
  heartbeatSent: Promise<void>,
  connect: (load: typeof connectAws) => Aws,
): LateAws {
  const load = async (): Promise<Aws> => {
    await Promise.race([heartbeatSent, sleep(loadAnywayMs, undefined, { ref: false })]);
    const room = await importInTurn(() => import('./connectAws.ts'));
    loaded = connect(room.connectAws);
    return loaded;
  };
  let loading: Promise<Aws> | undefined;
  let loaded: Aws | undefined;
  const aws = (): Promise<Aws> => {
    loading ??= load();
    return loading;
  };
  return {
    takeTurn: async (...turn) => (await aws()).takeTurn(...turn),
    runTask: async (order, signal) => (await aws()).runTask(order, signal),
    stopTask: async (...call) => (await aws()).stopTask(...call),
    describeTasks: async (...call) => (await aws()).describeTasks(...call),
    list: async (signal) => (await aws()).list(signal),
    prepare: async (signal) => (await aws()).prepare(signal),
    limits: () => loaded?.limits() ?? { buckets: [], waiting: [] },
    retryNow: () => loaded?.retryNow(),
    close() {
      loading?.then(
        ({ close }) => close(),
        () => {},
      );
    },
  };
}
