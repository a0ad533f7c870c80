import {
  type ActorState,
  actorAfter,
  type Entry,
  type Header,
  isEntry,
  isGroup,
  type RecordingLine,
  type Report,
  type Step,
  stateText,
} from '../telemetry/inspector/recording.ts';

/** Everything that is recorded of one actor. */
export interface Track {
  actor: number;
  id: string;
  machine: string;
  parent: number | null;
  bornAt: number;
  endedAt: number | null;
  output: Record<string, unknown> | null;
  /** As the recording begins; null: it was born later. */
  base: ActorState | null;
  entries: Entry[];
  /** When which state was entered, as text. */
  states: [at: number, state: string][];
  /** What the cohort knows, and what the group's launch says; the newest. */
  facts: Record<string, unknown>;
  /** The last state that was folded. */
  memo: { until: number; index: number; state: ActorState | null } | null;
}

export interface Segment {
  from: number;
  to: number;
  state: string;
}

/** The recording as the page holds it: each moment of it can be asked for. */
export class Model {
  header: Header | null = null;
  readonly tracks = new Map<number, Track>();
  readonly groups: Track[] = [];
  readonly reports: Report[] = [];
  /** Reports by what they name: a group, a launch, a task. */
  readonly reportsOf = new Map<string, Report[]>();
  /** Ids of AWS's requests that failed, by the words of the failure. */
  readonly requests = new Map<string, string>();
  /** Of the recording: a moment is known from here on. */
  startsAt = Number.POSITIVE_INFINITY;
  endsAt = 0;
  dropped = 0;
  isLive = false;
  isComplete = false;
  /** Counts what was taken in, so that views know when to draw again. */
  revision = 0;

  take(line: RecordingLine): void {
    this.revision++;
    if ('header' in line) this.header = line.header;
    else if ('base' in line) this.takeBase(line.base);
    else if ('live' in line) {
      this.isLive = true;
      this.isComplete = true;
      this.dropped = line.dropped;
      this.passTo(line.live);
    } else if ('now' in line) this.passTo(line.now);
    else if ('end' in line) this.isComplete = true;
    else if (isEntry(line)) this.takeEntry(line);
  }

  private passTo(at: number): void {
    if (at > this.endsAt) this.endsAt = at;
    if (at < this.startsAt) this.startsAt = at;
  }

  private addTrack(track: Track): void {
    this.tracks.set(track.actor, track);
    if (isGroup(track)) this.groups.push(track);
  }

  private takeBase(base: ActorState): void {
    const { actor, id, machine, parent, bornAt, endedAt, output, past, record } = base;
    const states: [number, string][] =
      past.length > 0 ? [...past] : [[bornAt, stateText(base.state)]];
    this.addTrack({
      ...{ actor, id, machine, parent, bornAt, endedAt, output, base, states },
      ...{ entries: [], facts: { ...record }, memo: null },
    });
  }

  private takeEntry(entry: Entry): void {
    this.passTo(entry.at);
    if ('report' in entry) {
      this.takeReport(entry);
      return;
    }
    if ('cut' in entry) {
      for (const track of this.tracks.values()) {
        if (track.endedAt !== null) continue;
        track.entries.push(entry);
        track.endedAt = entry.at;
      }
      return;
    }
    if ('born' in entry) {
      const { actor, born: id, machine, parent, at: bornAt } = entry;
      this.addTrack({
        ...{ actor, id, machine, parent, bornAt, endedAt: null, output: null, base: null },
        ...{ entries: [entry], states: [[bornAt, stateText(entry.state)]], facts: {}, memo: null },
      });
      return;
    }
    const track = this.tracks.get(entry.actor);
    if (!track) return;
    track.entries.push(entry);
    if ('took' in entry && entry.state !== undefined)
      track.states.push([entry.at, stateText(entry.state)]);
    else if ('ended' in entry) {
      track.endedAt = entry.at;
      track.output = entry.output ?? track.output;
    } else if ('record' in entry && entry.record) Object.assign(track.facts, entry.record);
  }

  private takeReport(report: Report): void {
    this.reports.push(report);
    const { message, requestId } = report.fields;
    if (typeof message === 'string' && typeof requestId === 'string')
      this.requests.set(message, requestId);
    for (const key of ['group', 'launch', 'task', 'cohort', 'actor']) {
      const name = report.fields[key];
      if (typeof name !== 'string') continue;
      const known = this.reportsOf.get(name);
      if (known) known.push(report);
      else this.reportsOf.set(name, [report]);
    }
  }

  /** The actor of that name that was alive at the moment; else the last one of that name. */
  find(id: string, at: number): Track | null {
    let found: Track | null = null;
    for (const track of this.tracks.values()) {
      if (track.id !== id) continue;
      if (found === null || track.bornAt <= at) found = track;
    }
    return found;
  }

  parentOf({ parent }: Track): Track | null {
    return parent === null ? null : (this.tracks.get(parent) ?? null);
  }

  childrenOf(track: Track, at: number): Track[] {
    return [...this.tracks.values()].filter(
      ({ parent, bornAt, endedAt }) =>
        parent === track.actor && bornAt <= at && (endedAt === null || endedAt > at),
    );
  }

  /** The whole actor at a moment; null: not born yet. */
  actorAt(track: Track, at: number): ActorState | null {
    const { base, entries, memo } = track;
    let index = 0;
    let state = base;
    if (memo && memo.until <= at) ({ index, state } = memo);
    while (index < entries.length && (entries[index] as Entry).at <= at)
      state = actorAfter(state, entries[index++] as Entry);
    track.memo = { until: at, index, state };
    return state;
  }

  /** The steps of an actor until a moment, newest first. */
  stepsOf({ entries }: Track, at: number, most: number): Step[] {
    const steps: Step[] = [];
    for (let i = entries.length - 1; i >= 0 && steps.length < most; i--) {
      const entry = entries[i] as Entry;
      if (entry.at <= at && 'took' in entry) steps.push(entry);
    }
    return steps;
  }
}

/** The state of an actor at a moment, as text; null: it does not live then. */
export function stateAt({ states, bornAt, endedAt }: Track, at: number): string | null {
  if (at < bornAt || (endedAt !== null && at >= endedAt)) return null;
  let low = 0;
  let high = states.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((states[middle]?.[0] ?? 0) <= at) low = middle;
    else high = middle - 1;
  }
  return states[low]?.[1] ?? null;
}

/** Since when an actor is in the state that it is in at a moment. */
export function sinceOf({ states }: Track, at: number): number {
  const entered = states.filter(([when]) => when <= at).at(-1);
  return entered?.[0] ?? at;
}

export function segmentsOf(track: Track, until: number): Segment[] {
  const { states, endedAt } = track;
  const end = Math.min(endedAt ?? until, until);
  return states.flatMap(([from, state], i) => {
    const to = Math.min(states[i + 1]?.[0] ?? end, end);
    return from > until || state === 'stopped' ? [] : [{ from, to: Math.max(from, to), state }];
  });
}

/** Why a group ended, by the moment; null: it has not ended. */
export function causeOf(track: Track, at: number): string | null {
  if (track.endedAt === null || track.endedAt > at) return null;
  const { cause } = track.output ?? {};
  return typeof cause === 'string' ? cause : 'process ended';
}

/** Ends that were not requested. */
export const isFailure = (cause: string | null): boolean =>
  cause !== null && cause !== 'drained' && cause !== 'process ended';
