import type { AnyActorRef, AnyTransitionDefinition, InspectionEvent } from 'xstate';
import type { GroupRecord } from '../../../machines/cohort/groupRecords.ts';
import { edgeIdOf } from '../../shared/edgeIds.ts';
import { declaredFields, levelOf } from '../events.ts';
import { adviceFor, type Log } from '../log.ts';
import { sentenceOf } from '../sentence.ts';
import type { PublicView } from './publicView.ts';
import { publicEvent, publicView } from './publicView.ts';
import { contextView, difference, isSmall, loadView, recordView } from './recordedView.ts';
import type { Entry, StateValue, Step } from './recording.ts';

export interface Recorder {
  /** For `createActor`'s `inspect`. */
  observe(event: InspectionEvent): void;
  /** Takes the events of the log. */
  log: Log;
  /** Records contexts that have changed. By itself at most once a second, as events come. */
  look(): void;
  /** The process ended here. */
  cut(why: string): void;
}

export interface RecorderTools {
  now: () => number;
  record: (entry: Entry) => void;
  /** What else is shown of a machine's context, such as why nothing is launched. */
  alsoShown?: (machine: string, snapshot: { value: unknown; context: unknown }) => PublicView;
}

interface Known {
  actor: number;
  machine: string;
  ref: AnyActorRef;
  value: unknown;
  state: string;
  context: PublicView;
  /** The context has changed since it was recorded. */
  isStale: boolean;
  lookedAt: number;
  took: string[];
  /** Of events that changed no state, by transition: when one was recorded last, and how many came since. */
  quiet: Map<string, { at: number; count: number }>;
  records: Map<string, { record: GroupRecord; view: PublicView; load: PublicView; loadAt: number }>;
}

/** Contexts of large actors are recorded at most so often, and loads of groups, ms. */
const lookEveryMs = 1000;
const loadEveryMs = 10_000;
/** Events of the log that are many, and all alike. */
const numerous = new Set(['awsCall.answered', 'command.answered', 'describeTasks.answered']);
/** They come every second whatever happens. */
const isRoutine = (type: string): boolean =>
  /(^|\.)tick$|^cohort\.(poll|loads|changed)$/.test(type);

/** The last part of an ARN says which of our tasks it is; the rest names the account. */
const withoutArns = (text: string): string => text.replaceAll(/arn:aws[\w:-]*:[^\s,;()'"]*\//g, '');

function shortened(fields: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(fields), (_, value) =>
    typeof value === 'string' ? withoutArns(value) : value,
  );
}

type Snapshot = { status: string; value?: unknown; context?: unknown; output?: unknown };

export function createRecorder({ now: exactly, record, alsoShown }: RecorderTools): Recorder {
  const now = () => Math.round(exactly());
  /** A parent is created before its children, and shows its state after them. */
  const numbers = new WeakMap<object, number>();
  const actors = new WeakMap<object, Known>();
  const living = new Map<string, Known>();
  const stale = new Set<Known>();
  const senders = new WeakMap<object, object>();
  const takenEver = new Set<string>();
  const markets = new Map<string, string>();
  let count = 0;
  let lookedAt = 0;

  const machineOf = (ref: object): string | undefined => {
    const { logic } = ref as { logic?: { root?: unknown; id?: string } };
    return logic?.root === undefined ? undefined : logic.id;
  };

  const begin = (ref: AnyActorRef, machine: string, snapshot: Snapshot): void => {
    const at = now();
    const parent = ref._parent && numbers.get(ref._parent);
    const known: Known = {
      ...{
        actor: numbers.get(ref) ?? ++count,
        machine,
        ref,
        value: snapshot.value,
        took: [],
        records: new Map(),
      },
      state: JSON.stringify(snapshot.value),
      context: contextView(snapshot.context),
      ...{ isStale: false, lookedAt: at, quiet: new Map() },
    };
    actors.set(ref, known);
    living.set(ref.id, known);
    record({
      ...{
        at,
        actor: known.actor,
        born: parent === undefined ? machine : ref.id,
        machine,
        parent: parent ?? null,
      },
      state: snapshot.value as StateValue,
      context: known.context,
    });
    if (machine === 'launch') shareMarket(snapshot.context, at);
    const market = machine === 'workerGroup' && markets.get(ref.id.replace(/^group\./, ''));
    if (market) record({ at, actor: known.actor, record: { market } });
  };

  /** Of a launch, the groups get to know their market. */
  const shareMarket = (context: unknown, at: number): void => {
    const { order, groupIds } = context as { order: { market: string }; groupIds: string[] };
    for (const groupId of groupIds) {
      markets.set(groupId, order.market);
      const group = living.get(`group.${groupId}`);
      if (group) record({ at, actor: group.actor, record: { market: order.market } });
    }
  };

  const step = (known: Known, snapshot: Snapshot, event: { type: string }): void => {
    const at = now();
    const { machine, took } = known;
    known.took = [];
    const state = snapshot.value === known.value ? known.state : JSON.stringify(snapshot.value);
    const hasMoved = state !== known.state;
    known.value = snapshot.value;
    known.state = state;
    const isNew = took.some((edge) => {
      const name = `${machine} ${edge}`;
      if (takenEver.has(name)) return false;
      takenEver.add(name);
      return true;
    });
    let set: PublicView | undefined;
    if (isSmall(machine)) {
      const context = contextView(snapshot.context);
      set = difference(known.context, context);
      known.context = context;
    } else markStale(known);
    if (took.length === 0 && !hasMoved && set === undefined) return;
    if (!hasMoved && !isNew && set === undefined && !mayShow(known, event.type, took, at)) return;
    const sender = senders.get(event);
    const from = sender && actors.get(sender);
    const shown: Step = { at, actor: known.actor, event: publicEvent(event), took };
    if (from) shown.from = from.actor;
    if (hasMoved) shown.state = snapshot.value as StateValue;
    if (set) shown.set = set;
    const quiet = known.quiet.get(took.join());
    if (quiet && quiet.count > 0) shown.times = quiet.count + 1;
    if (quiet) quiet.count = 0;
    record(shown);
  };

  /** Of events that change nothing that is seen, one of a kind a second. */
  const mayShow = (
    { machine, quiet }: Known,
    type: string,
    took: string[],
    at: number,
  ): boolean => {
    if (isRoutine(type)) return false;
    if (machine === 'workerGroup') return true;
    const key = took.join();
    const before = quiet.get(key);
    if (before && at - before.at < lookEveryMs) {
      before.count++;
      return false;
    }
    quiet.set(key, { at, count: before?.count ?? 0 });
    return true;
  };

  const markStale = (known: Known): void => {
    if (known.isStale) return;
    known.isStale = true;
    stale.add(known);
  };

  const end = (known: Known, { status, output }: Snapshot): void => {
    lookAt(known, now());
    record({
      ...{ at: now(), actor: known.actor, ended: status },
      ...(output !== undefined && { output: publicView(output) }),
    });
    actors.delete(known.ref);
    stale.delete(known);
    if (living.get(known.ref.id) === known) living.delete(known.ref.id);
    if (known.machine === 'workerGroup') markets.delete(known.ref.id.replace(/^group\./, ''));
  };

  const lookAt = (known: Known, at: number): void => {
    if (!known.isStale) return;
    known.isStale = false;
    known.lookedAt = at;
    const { actor, machine, ref } = known;
    const { context, value } = ref.getSnapshot() as Snapshot;
    const view = contextView(context);
    if (alsoShown) Object.assign(view, alsoShown(machine, { value, context }));
    // The time itself is no news.
    const { now: _, ...set } = difference(known.context, view) ?? {};
    known.context = view;
    if (Object.keys(set).length > 0) record({ at, actor, set });
    if (machine === 'cohort')
      lookAtGroups(known, context as { groups: Record<string, GroupRecord> }, at);
  };

  const lookAtGroups = (
    { records }: Known,
    { groups }: { groups: Record<string, GroupRecord> },
    at: number,
  ): void => {
    for (const [groupId, group] of Object.entries(groups)) {
      const before = records.get(groupId);
      if (before?.record === group) continue;
      const actor = living.get(`group.${groupId}`)?.actor;
      if (actor === undefined) continue;
      const view = recordView(group);
      const isLoadDue = at - (before?.loadAt ?? 0) >= loadEveryMs;
      const load = isLoadDue ? loadView(group) : (before?.load ?? {});
      records.set(groupId, {
        ...{ record: group, view, load, loadAt: isLoadDue ? at : (before?.loadAt ?? 0) },
      });
      const set = difference({ ...before?.view, ...before?.load }, { ...view, ...load });
      if (set) record({ at, actor, record: set });
    }
    if (records.size > Object.keys(groups).length)
      for (const groupId of records.keys()) if (!(groupId in groups)) records.delete(groupId);
  };

  const look = (): void => {
    const at = now();
    lookedAt = at;
    for (const known of [...stale]) {
      stale.delete(known);
      lookAt(known, at);
    }
  };

  return {
    observe(event) {
      const machine = machineOf(event.actorRef);
      if (machine === undefined) return;
      const ref = event.actorRef as AnyActorRef;
      if (event.type === '@xstate.actor') numbers.set(ref, ++count);
      else if (event.type === '@xstate.event') {
        if (event.sourceRef && event.event) senders.set(event.event, event.sourceRef);
      } else if (event.type === '@xstate.microstep') {
        const taken = (event as { _transitions?: AnyTransitionDefinition[] })._transitions ?? [];
        actors.get(ref)?.took.push(...taken.flatMap((transition) => edgeIdOf(transition) ?? []));
      } else if (event.type === '@xstate.snapshot') {
        const snapshot = event.snapshot as Snapshot;
        const known = actors.get(ref);
        if (known) step(known, snapshot, event.event);
        else if (snapshot.status === 'active') begin(ref, machine, snapshot);
        if (known && snapshot.status !== 'active') end(known, snapshot);
        const at = now();
        if (at - lookedAt >= lookEveryMs || at < lookedAt) look();
      }
    },
    log: {
      report(report, fields, level = levelOf(report, fields)) {
        if (report.endsWith('.stateChanged')) return;
        if (numerous.has(report)) return;
        const remedy = adviceFor(level, report, fields);
        record({
          ...{ at: now(), report, level, sentence: withoutArns(sentenceOf(report, fields)) },
          fields: shortened(declaredFields(report, fields)),
          ...(remedy !== undefined && { remedy }),
        });
      },
    },
    look,
    cut(why) {
      record({ at: now(), cut: why });
      living.clear();
      stale.clear();
      markets.clear();
    },
  };
}
