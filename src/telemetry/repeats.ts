import type { LogLevel, Repeats } from './events/definition.ts';
import { definitionOf, type EventName, events, levelOf } from './events.ts';

/** Trouble that lasts is reported again so often, ms. */
const hourMs = 3_600_000;
/** Trouble that has not been reported for so long is over, also without an event that ends it, ms. */
const quietMs = 600_000;
/** Troubles that are remembered; of more, the oldest are forgotten. */
const most = 1000;

/** The text without what differs from one task or call to the next: ARNs, ids and numbers. */
function gistOf(value: unknown): unknown {
  return typeof value === 'string'
    ? value.replaceAll(/arn:\S+/g, 'arn').replaceAll(/\b(?:[0-9a-f-]{8,}|\d+)\b/gi, '#')
    : (value ?? null);
}

interface Series {
  name: EventName;
  values: Record<string, unknown>;
  reportedAt: number;
  lastAt: number;
}

/** Names of the events that an event ends, for each that ends any. */
const endedBy = new Map<string, EventName[]>();
for (const name of Object.keys(events) as EventName[])
  for (const end of definitionOf(name).repeats?.endedBy ?? [])
    endedBy.set(end, [...(endedBy.get(end) ?? []), name]);

/** Chooses levels so that a trouble that repeats is one line, and its end another. */
export function createRepeats(now: () => number) {
  const open = new Map<string, Series>();

  /** Whether it has ended any. */
  function end(name: EventName, fields: Record<string, unknown>): boolean {
    const ends = endedBy.get(name);
    if (!ends || open.size === 0) return false;
    const known = Object.keys(definitionOf(name).fields);
    const ended = [...open].filter(
      ([, series]) =>
        ends.includes(series.name) &&
        known.every((field) => !(field in series.values) || series.values[field] === fields[field]),
    );
    for (const [key] of ended) open.delete(key);
    return ended.length > 0;
  }

  function isRepeated(
    name: EventName,
    { same, remindMs = hourMs }: Repeats,
    fields: Record<string, unknown>,
  ): boolean {
    const values = Object.fromEntries(same.map((field) => [field, fields[field]]));
    const key = JSON.stringify([
      name,
      ...same.map((field) =>
        field === 'reason' ? gistOf(fields[field]) : (fields[field] ?? null),
      ),
    ]);
    const at = now();
    const before = open.get(key);
    if (before && at - before.lastAt < quietMs && at - before.reportedAt < remindMs) {
      before.lastAt = at;
      return true;
    }
    open.delete(key);
    const [oldest] = open.keys();
    if (open.size >= most && oldest !== undefined) open.delete(oldest);
    open.set(key, { name, values, reportedAt: at, lastAt: at });
    return false;
  }

  return function levelFor(name: EventName, given: object): LogLevel {
    const fields = given as Record<string, unknown>;
    const level = levelOf(name, fields);
    if (end(name, fields) && level === 'debug') return 'info';
    const { repeats } = definitionOf(name);
    if (!repeats || level === 'debug') return level;
    return isRepeated(name, repeats, fields) ? 'debug' : level;
  };
}
