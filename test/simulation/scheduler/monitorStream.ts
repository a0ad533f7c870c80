import type { MonitorMessage } from '../../../machines/scheduler/messages.ts';
import type { Agenda, Owner } from '../agenda.ts';
import type { Random } from '../random.ts';

export interface Listener {
  owner: Owner;
  onOpen(): void;
  onMessage(message: MonitorMessage): void;
  onClosed(reason: string): void;
}

export interface StreamWorld {
  isPublished: boolean;
  /** How often the whole state is told, seconds. */
  everySeconds: number;
  isReachable(): boolean;
  /** The whole state; null: the scheduler is stuck. */
  state(): MonitorMessage | null;
  /** A task is being cancelled, and the stream did not show that to those that listen since then. */
  hasUnheard(since: number): boolean;
}

/** The monitor stream: each connected listener gets everything, and nothing of what was before. */
export function createMonitorStream(agenda: Agenda, random: Random, world: StreamWorld) {
  /** Each of the present listeners, and since when. */
  const listeners = new Map<Listener, number>();
  /** Those that the whole state was told, and since when. A cancellation that began before is part of it, and in no list. */
  const listed = new WeakMap<Listener, number>();
  const latency = (): number => random.between(1, 15);

  function publish(message: MonitorMessage): boolean {
    for (const { owner, onMessage } of listeners.keys())
      agenda.after(2, () => onMessage(message), owner);
    return listeners.size > 0;
  }

  let isScheduled = false;

  /** The reports have one clock, however many listen. */
  function scheduleReport(afterMs: number): void {
    if (isScheduled) return;
    isScheduled = true;
    agenda.after(afterMs, publishing);
  }

  function publishing(): void {
    isScheduled = false;
    if (listeners.size === 0) return;
    const state = world.state();
    if (state !== null) {
      publish(state);
      for (const [listener, since] of listeners)
        if (!listed.has(listener) && !world.hasUnheard(since)) listed.set(listener, agenda.now());
    }
    scheduleReport(1000 * world.everySeconds);
  }

  return {
    publish,
    drop(reason: string): void {
      for (const { owner, onClosed } of listeners.keys())
        agenda.after(2, () => onClosed(reason), owner);
      listeners.clear();
    },
    dropOwner(owner: Owner): void {
      for (const listener of [...listeners.keys()])
        if (listener.owner === owner) listeners.delete(listener);
    },
    /** Since when this process has heard the stream; null: it does not. */
    heardSince(owner: Owner): number | null {
      for (const [listener, since] of listeners) if (listener.owner === owner) return since;
      return null;
    },
    /** Since when this process knows which workers are connected and have no task that is being cancelled: of what came before it, only a report tells. */
    listedSince(owner: Owner): number | null {
      for (const listener of listeners.keys())
        if (listener.owner === owner) return listed.get(listener) ?? null;
      return null;
    },
    subscribe(listener: Listener): () => void {
      if (!world.isPublished) return () => {};
      if (!world.isReachable()) {
        agenda.after(latency(), () => listener.onClosed('refused'), listener.owner);
        return () => {};
      }
      let isWanted = true;
      agenda.after(
        latency(),
        () => {
          if (!isWanted) return;
          listener.onOpen();
          listeners.set(listener, agenda.now());
          scheduleReport(random.between(0, 1000 * world.everySeconds));
        },
        listener.owner,
      );
      return () => {
        isWanted = false;
        listeners.delete(listener);
      };
    },
  };
}
