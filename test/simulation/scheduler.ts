import type {
  Generation,
  MonitorMessage,
  OutgoingMessage,
  SchedulerMessage,
} from '../../machines/scheduler/messages.ts';
import type { DesiredRequest } from '../../machines/shared/domain.ts';
import { taskIdOf } from '../../machines/shared/ids.ts';
import type { Agenda, Owner } from './agenda.ts';
import type { ModelTask } from './ecs.ts';
import type { Random } from './random.ts';

export type Policy = 'vanilla' | 'direct';

/** How the scheduler behaves; several may hold at once. */
export interface Moods {
  /** Takes heartbeats and says nothing. */
  silent: number;
  gone: number;
  echoless: number;
  commandless: number;
  /** Sends empty lists, as the capability policy does. */
  empty: number;
  /** Its monitor stream cannot be reached. */
  unseen: number;
}

export interface Peer {
  owner: Owner;
  /** `magic`: as YMQ shows it; null over ZeroMQ. */
  onOpen(magic: number | null): void;
  onMessage(generation: Generation, message: SchedulerMessage): void;
  onClosed(kind: string, reason: string): void;
}

export interface Listener {
  owner: Owner;
  onOpen(): void;
  onMessage(message: MonitorMessage): void;
  onClosed(reason: string): void;
}

/** What a Fargate task has to do, and since when the monitor stream says so; null: not yet, for it is silent. */
export interface Work {
  tasks: number;
  since: number | null;
}

export interface Line {
  /** False: not connected. */
  send(message: OutgoingMessage): boolean;
  close(): void;
}

/** A scheduler with tasks of its own to hand out, and the workers that have reached it. */
export const createScheduler = (
  agenda: Agenda,
  random: Random,
  options: {
    policy: Policy;
    workersPerTask: number;
    capabilities: DesiredRequest['capabilities'];
    /** It publishes a monitor stream. */
    monitored: boolean;
    /** How often a Fargate task's work changes, per second. */
    restlessness: number;
  },
  events: { connected(task: ModelTask): void; workersExit(task: ModelTask): void },
) => {
  const moods: Moods = { silent: 0, gone: 0, echoless: 0, commandless: 0, empty: 0, unseen: 0 };
  /** Workers connected, by Fargate task. */
  const connected = new Map<ModelTask, number>();
  let demand = 0;
  let current: { peer: Peer; open: boolean } | null = null;

  const workers = () => connected.size * options.workersPerTask;

  /** Scaler's rules: `vanilla` knows connected workers only, `direct` is what the others come to. */
  const wants = (cap: number): number => {
    if (options.policy === 'direct')
      return demand === 0 ? 0 : Math.min(cap, Math.max(1, Math.ceil(demand / 5)));
    const m = workers();
    const ratio = m === 0 ? Number.POSITIVE_INFINITY : demand / m;
    const free =
      demand === 0 ? 0 : ratio > 10 ? m + 1 : ratio < 1 ? Math.max(1, Math.ceil(demand / 10)) : m;
    return Math.max(0, Math.min(free, cap));
  };

  const latency = () => random.between(1, 15);

  const listeners = new Set<Listener>();
  /** When each of the present listeners came. */
  const listening = new Map<Owner, number>();
  const work = new Map<ModelTask, Work>();

  const workerIds = (task: ModelTask): string[] =>
    Array.from(
      { length: options.workersPerTask },
      (_, i) => `Worker|ECS-${taskIdOf(task.taskArn)}|${i}`,
    );

  const publish = (message: MonitorMessage): void => {
    for (const { owner, onMessage } of listeners) agenda.after(2, () => onMessage(message), owner);
  };

  /** Work comes and goes; more of it where there is more to do. */
  const shiftWork = (): void => {
    for (const task of connected.keys()) {
      const known = work.get(task);
      if (known && !random.chance(options.restlessness)) continue;
      const tasks = random.chance(Math.min(0.8, demand / (8 * workers()))) ? random.int(1, 9) : 0;
      if (known?.tasks !== tasks) work.set(task, { tasks, since: null });
    }
  };

  const publishAll = (): void => {
    shiftWork();
    if (moods.silent > 0) return;
    for (const each of work.values()) each.since ??= agenda.now();
    publish({
      type: 'monitor.workers',
      groups: null,
      workers: [...connected.keys()].flatMap((task) =>
        workerIds(task).map((workerId, i) => ({
          workerId,
          managerId: null,
          groupId: null,
          load: { free: 0, sent: i === 0 ? (work.get(task)?.tasks ?? 0) : 0, queued: 0 },
        })),
      ),
    });
  };

  const publishing = (): void => {
    if (listeners.size === 0) return;
    publishAll();
    agenda.after(1000, publishing);
  };

  const dropListeners = (reason: string): void => {
    for (const { owner, onClosed } of listeners) agenda.after(2, () => onClosed(reason), owner);
    listeners.clear();
    listening.clear();
  };

  const sayConnected = (task: ModelTask, yes: boolean): void => {
    for (const workerId of workerIds(task))
      publish({ type: 'monitor.worker', workerId, connected: yes });
  };

  const hangUp = (reason: string): void => {
    const line = current;
    current = null;
    if (line) agenda.after(latency(), () => line.peer.onClosed('aborted', reason), line.peer.owner);
  };

  const scheduler = {
    moods,
    monitored: options.monitored,
    connected,
    setDemand(tasks: number) {
      demand = tasks;
    },
    demand: () => demand,
    /** Everybody loses the connection; for how long it stays away is the mood's. */
    drop(reason: string) {
      hangUp(reason);
      dropListeners(reason);
    },
    dropListeners,
    work,
    /** Since when this process has heard the monitor stream; null: it does not. */
    heardSince: (owner: Owner): number | null => listening.get(owner) ?? null,

    /** Reads the monitor stream, if there is one. */
    subscribe(listener: Listener): () => void {
      if (!options.monitored) return () => {};
      if (moods.gone + moods.unseen > 0) {
        agenda.after(latency(), () => listener.onClosed('refused'), listener.owner);
        return () => {};
      }
      agenda.after(
        latency(),
        () => {
          listener.onOpen();
          listeners.add(listener);
          listening.set(listener.owner, agenda.now());
          if (listeners.size === 1) agenda.after(random.between(0, 1000), publishing);
        },
        listener.owner,
      );
      return () => {
        listeners.delete(listener);
        listening.delete(listener.owner);
      };
    },

    /** One attempt to connect, on behalf of the daemon. */
    connect(peer: Peer): Line {
      // The same identity again: the older connection is over.
      hangUp('replaced');
      if (moods.gone > 0) {
        agenda.after(latency(), () => peer.onClosed('refused', 'refused'), peer.owner);
        return { send: () => false, close() {} };
      }
      const line = { peer, open: false };
      current = line;
      agenda.after(
        latency(),
        () => {
          if (current !== line) return;
          line.open = true;
          peer.onOpen(1);
        },
        peer.owner,
      );
      const mine = () => current === line && line.open;
      const say = (message: SchedulerMessage, ms: number) =>
        agenda.after(ms, () => current === line && peer.onMessage('g3', message), peer.owner);
      const heard = (cap: number) =>
        agenda.after(latency(), () => {
          if (!mine() || moods.silent > 0) return;
          const back = latency();
          if (moods.echoless === 0) say({ type: 'heartbeatEcho' }, back);
          if (moods.commandless > 0) return;
          const { capabilities } = options;
          const requests = moods.empty > 0 ? [] : [{ taskConcurrency: wants(cap), capabilities }];
          say({ type: 'desired', requests }, back + 0.1);
        });
      return {
        send(sent) {
          if (!mine()) return false;
          if (sent.type === 'heartbeat') heard(sent.heartbeat.maxTaskConcurrency);
          return true;
        },
        close() {
          if (current !== line) return;
          current = null;
          agenda.after(latency(), () => peer.onClosed('closed', 'closed'), peer.owner);
        },
      };
    },

    /** The workers of this Fargate task come up and look for us, as long as it runs. */
    start(task: ModelTask, running: () => boolean) {
      const knock = (tries: number) => {
        if (!running()) return;
        if (moods.gone > 0) {
          if (tries >= 60) events.workersExit(task);
          else agenda.after(5000, () => knock(tries + 1));
          return;
        }
        connected.set(task, agenda.now());
        sayConnected(task, true);
        events.connected(task);
      };
      agenda.after(random.between(2000, 15_000), () => knock(0));
    },
    /** It says goodbye to these workers: they end. */
    dismiss: (task: ModelTask) => events.workersExit(task),
    leave(task: ModelTask) {
      if (!connected.delete(task)) return;
      work.delete(task);
      sayConnected(task, false);
    },
    workers,
    wants,
  };
  return scheduler;
};

export type Scheduler = ReturnType<typeof createScheduler>;
