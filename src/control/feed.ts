import { type LogLevel, logLevels } from '../telemetry/events/definition.ts';
import { declaredFields, type EventName, levelOf, remedyOf } from '../telemetry/events.ts';
import type { Log } from '../telemetry/log.ts';
import { sentenceOf } from '../telemetry/sentence.ts';
import type { ToldEvent } from './api.ts';

/** Events that are remembered for clients that ask later. */
const mostRecent = 200;
/** What one event may carry. */
const longestText = 1000;
const mostEntries = 20;

export type Listener = (told: ToldEvent) => void;

/** Telemetry events, for clients that listen now and for those that ask later. */
export interface Feed {
  /** To be reported to, beside the log. */
  log: Log;
  /** The last events of at least info, oldest first. */
  recent(limit: number): ToldEvent[];
  /** Calls back for each event of at least this level. Returns how to end this. */
  listen(lowest: LogLevel, listener: Listener): () => void;
}

export const rankOf = (level: LogLevel): number => logLevels.indexOf(level);

/** `onEvent`: is called for every event, whatever its level, before it is copied. */
export function createFeed(
  now: () => number,
  onEvent: (name: EventName, fields: object) => void = () => {},
): Feed {
  const recent: ToldEvent[] = [];
  const listeners = new Map<Listener, number>();
  /** The rank from which on an event is worth a copy. */
  let lowest = rankOf('info');

  function updateLowest(): void {
    lowest = Math.min(rankOf('info'), ...listeners.values());
  }

  return {
    log: {
      report(name, fields, level = levelOf(name, fields)) {
        onEvent(name, fields);
        const rank = rankOf(level);
        if (rank < lowest) return;
        const told = toldEvent(name, fields, level, now());
        if (rank >= rankOf('info')) {
          recent.push(told);
          if (recent.length > mostRecent) recent.shift();
        }
        for (const [listener, from] of listeners) if (rank >= from) listener(told);
      },
    },
    recent: (limit) => recent.slice(-limit),
    listen(from, listener) {
      listeners.set(listener, rankOf(from));
      updateLowest();
      return () => {
        listeners.delete(listener);
        updateLowest();
      };
    },
  };
}

function toldEvent(name: EventName, fields: object, level: LogLevel, at: number): ToldEvent {
  const declared = Object.entries(declaredFields(name, fields));
  return {
    at,
    level,
    event: name,
    sentence: sentenceOf(name, fields),
    remedy: remedyOf(name, fields) ?? null,
    fields: Object.fromEntries(declared.map(([key, value]) => [key, bounded(value)])),
  };
}

function bounded(value: unknown): unknown {
  if (typeof value === 'string' && value.length > longestText)
    return `${value.slice(0, longestText)}…`;
  if (!Array.isArray(value)) return value;
  const first = value.slice(0, mostEntries).map(bounded);
  return value.length > mostEntries ? [...first, `… ${value.length - mostEntries} more`] : first;
}
