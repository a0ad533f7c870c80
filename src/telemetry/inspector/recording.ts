import type { PublicView } from './publicView.ts';

/**
 * What the inspector records, one JSON object a line: the header, what was known of each actor at the beginning
 * (`base`), then what happened (`Entry`). The live feed and a saved file have the same form. This file also runs in the
 * browser: it imports types only.
 */
export const recordingFormat = 'scaler-ecs recording';
export const recordingVersion = 1;

export type StateValue = string | { [region: string]: StateValue };

export interface Header {
  format: typeof recordingFormat;
  version: number;
  /** Name of the manager, or of the simulated seed. */
  of: string;
  /** Milliseconds since the epoch. */
  startedAt: number;
}

/** What is known of an actor at a moment. */
export interface ActorState {
  /** Number of the actor, unique in a recording. */
  actor: number;
  id: string;
  machine: string;
  parent: number | null;
  bornAt: number;
  state: StateValue;
  /** The states that a group was in, each with the time of its entry. */
  past: [at: number, state: string][];
  context: PublicView;
  /** What the cohort knows of a group; empty for others. */
  record: PublicView;
  endedAt: number | null;
  /** The output of an actor that has ended. */
  output: PublicView | null;
}

export interface Born {
  at: number;
  actor: number;
  born: string;
  machine: string;
  parent: number | null;
  state: StateValue;
  context: PublicView;
}

/** An event that an actor took. */
export interface Step {
  at: number;
  actor: number;
  event: PublicView & { type: string };
  /** The actor that sent the event. */
  from?: number;
  /** The transitions that were taken, in order, as src/shared/edgeIds names them. */
  took: string[];
  /** The state after it; left out where it is the same as before. */
  state?: StateValue;
  /** What changed in the context. */
  set?: PublicView;
  /** As many of its kind came within the second, and changed no state. */
  times?: number;
}

/** Context as it is looked at once a second, or what a cohort knows of a group. */
export interface Facts {
  at: number;
  actor: number;
  set?: PublicView;
  record?: PublicView;
}

export interface Ended {
  at: number;
  actor: number;
  ended: string;
  output?: PublicView;
}

/** An event of the log. */
export interface Report {
  at: number;
  report: string;
  level: string;
  sentence: string;
  fields: Record<string, unknown>;
  remedy?: string;
}

/** The process ended here, with all its actors. */
export interface Cut {
  at: number;
  cut: string;
}

export type Entry = Born | Step | Facts | Ended | Report | Cut;

/** Lines of a recording that are no entries. */
export type Frame =
  | { header: Header }
  | { base: ActorState }
  /** The past has been sent; the time is that of the sender. `dropped`: ended groups that are not remembered. */
  | { live: number; dropped: number }
  | { now: number }
  /** There is no more to come. */
  | { end: true };

export type RecordingLine = Frame | Entry;

export const isEntry = (line: RecordingLine): line is Entry => 'at' in line;

/** `draining.waiting`; of parallel regions one word each: `lifecycle.active scheduler.present`. */
export function stateText(state: StateValue): string {
  if (typeof state === 'string') return state;
  return Object.entries(state)
    .map(([key, inner]) =>
      typeof inner === 'string'
        ? `${key}.${inner}`
        : stateText(inner)
            .split(' ')
            .filter((word) => word !== '')
            .map((word) => `${key}.${word}`)
            .join(' ') || key,
    )
    .join(' ');
}

export const isGroup = ({ machine }: { machine: string }): boolean => machine === 'workerGroup';

const bornState = ({ at, born, state, ...rest }: Born): ActorState => ({
  ...rest,
  id: born,
  state,
  bornAt: at,
  past: isGroup(rest) ? [[at, stateText(state)]] : [],
  record: {},
  endedAt: null,
  output: null,
});

const changed = (before: PublicView, set: PublicView | undefined): PublicView =>
  set === undefined ? before : { ...before, ...set };

/** The actor after the entry; `null` before its birth. */
export function actorAfter(before: ActorState | null, entry: Entry): ActorState | null {
  if ('born' in entry) return bornState(entry);
  if (before === null) return null;
  if ('cut' in entry) return before.endedAt === null ? { ...before, endedAt: entry.at } : before;
  if ('ended' in entry)
    return { ...before, endedAt: entry.at, output: entry.output ?? before.output };
  if ('took' in entry) {
    const state = entry.state ?? before.state;
    const hasMoved = entry.state !== undefined && isGroup(before);
    return {
      ...before,
      state,
      past: hasMoved ? [...before.past, [entry.at, stateText(state)]] : before.past,
      context: changed(before.context, entry.set),
    };
  }
  if ('report' in entry) return before;
  return {
    ...before,
    context: changed(before.context, entry.set),
    record: changed(before.record, entry.record),
  };
}

/** Applies one entry to all actors. */
export function applyEntry(actors: Map<number, ActorState>, entry: Entry): void {
  if ('cut' in entry) {
    for (const [key, actor] of actors) actors.set(key, actorAfter(actor, entry) as ActorState);
  } else if ('actor' in entry) {
    const after = actorAfter(actors.get(entry.actor) ?? null, entry);
    if (after) actors.set(entry.actor, after);
  }
}

/** A recording line by line. Throws an Error that says which line is wrong. */
export function parseRecording(text: string): RecordingLine[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const parsed = lines.map((line, i): RecordingLine => {
    try {
      return JSON.parse(line);
    } catch {
      throw new Error(`line ${i + 1} is not JSON`);
    }
  });
  const [first] = parsed;
  if (!first || !('header' in first) || first.header?.format !== recordingFormat)
    throw new Error('it is not a recording of scaler-ecs: its first line has no header');
  if (first.header.version !== recordingVersion)
    throw new Error(
      `it is a recording of version ${first.header.version}; this program reads version ${recordingVersion}`,
    );
  return parsed;
}
