import { definitionOf, type EventName, events } from '../telemetry/events.ts';
import {
  type Entry,
  isEntry,
  parseRecording,
  type RecordingLine,
} from '../telemetry/inspector/recording.ts';
import { stateChanges } from '../telemetry/stateChanges.ts';
import type { Value } from './graph.ts';

/** What an actor was seen to do, from a recording or a log. */
export type Seen =
  | { kind: 'born'; actor: string; machine: string; value: Value | null; where: string }
  /** `took` null: the log does not say; `leaf`: it names one state that was entered. */
  | {
      kind: 'step';
      actor: string;
      event: string;
      took: string[];
      value: Value | null;
      where: string;
    }
  | { kind: 'entered'; actor: string; machine: string; leaf: string; where: string }
  | { kind: 'gone'; actor: string | null };

/** Of a recording that was saved in the inspector's page. */
export function seenInRecording(text: string): Seen[] {
  const names = new Map<number, string>();
  const nameOf = (actor: number) => names.get(actor) ?? `actor ${actor}`;
  const lines = parseRecording(text);
  return lines.flatMap((line: RecordingLine, i): Seen[] => {
    const where = `line ${i + 1}`;
    if ('base' in line) {
      const { actor, id, machine, state, endedAt } = line.base;
      names.set(actor, `${id} #${actor}`);
      return endedAt === null
        ? [{ kind: 'born', actor: nameOf(actor), machine, value: state, where }]
        : [];
    }
    return isEntry(line) ? seenInEntry(line, where, names, nameOf) : [];
  });
}

function seenInEntry(
  entry: Entry,
  where: string,
  names: Map<number, string>,
  nameOf: (actor: number) => string,
): Seen[] {
  if ('born' in entry) {
    names.set(entry.actor, `${entry.born} #${entry.actor}`);
    const { machine, state } = entry;
    return [{ kind: 'born', actor: nameOf(entry.actor), machine, value: state, where }];
  }
  if ('took' in entry) {
    const { event, took, state } = entry;
    const actor = nameOf(entry.actor);
    return [{ kind: 'step', actor, event: event.type, took, value: state ?? null, where }];
  }
  if ('ended' in entry) return [{ kind: 'gone', actor: nameOf(entry.actor) }];
  return 'cut' in entry ? [{ kind: 'gone', actor: null }] : [];
}

/** Events of the log that say which state an actor entered, and the field that names the actor. */
const machinesOf = new Map(
  Object.entries(stateChanges).flatMap(([machine, { event, own = {}, fields }]) =>
    [event, ...Object.values(own)].map(
      (name) =>
        [
          name as string,
          {
            machine,
            names: Object.keys(fields).filter((key) => /^(group|launch|cohort)$/.test(key)),
          },
        ] as const,
    ),
  ),
);

/** Of a JSON log with the level DEBUG. Lines that are not JSON are not ours: a log file may hold other programs' lines. */
export function seenInLog(text: string): Seen[] {
  return text.split('\n').flatMap((line, i): Seen[] => {
    if (!line.startsWith('{')) return [];
    let fields: Record<string, unknown>;
    try {
      fields = JSON.parse(line);
    } catch {
      return [];
    }
    const { event, state, manager = '' } = fields;
    if (event === 'daemon.started') return [{ kind: 'gone', actor: null }];
    const known = machinesOf.get(String(event));
    if (!known || typeof state !== 'string') return [];
    const name = known.names.map((key) => fields[key]).find((one) => typeof one === 'string');
    const actor = `${manager}${manager ? ' ' : ''}${name ?? known.machine}`;
    return [
      { kind: 'entered', actor, machine: known.machine, leaf: state, where: `line ${i + 1}` },
    ];
  });
}

export const isRecording = (text: string): boolean =>
  text.slice(0, 200).includes('"header"') && text.trimStart().startsWith('{');

/** Whether any line is an event of our log. */
export const isOurLog = (text: string): boolean =>
  text.split('\n').some((line) => {
    const name = /"event":"([\w.]+)"/.exec(line)?.[1];
    return name !== undefined && name in events && definitionOf(name as EventName) !== undefined;
  });
