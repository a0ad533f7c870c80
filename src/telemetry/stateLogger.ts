import type { AnyActorRef, InspectionEvent } from 'xstate';
import type { Log } from './log.ts';

interface Seen {
  value?: unknown;
  context?: Record<string, unknown>;
}

const flat = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : Object.entries(value as Record<string, unknown>)
        .map(([key, child]) => `${key}.${flat(child)}`)
        .join(' ');

/** The launch or group of an actor: the kind in front of its id is in the name of the log event. */
const nameOf = (actorId: string): string => actorId.replace(/^(launch|group)\./, '');

/** What a log line may carry of an actor's context: names and causes, never a whole snapshot. */
const carried = [
  'groupId',
  'groupIds',
  'taskArn',
  'cause',
  'detail',
  'trouble',
  'lastFailure',
] as const;
const rename: Partial<Record<string, string>> = {
  groupId: 'group',
  groupIds: 'groups',
  taskArn: 'task',
  lastFailure: 'trouble',
};

/** States that a look every few seconds passes through, and what another line tells already. */
const routine: Record<string, RegExp> = {
  cohort: /./,
  fleetManager: /./,
  // That it begins, with the names of its groups, is told; the groups tell how it went.
  launch: /^(requesting|recording|done)$/,
  workerGroup: /^requested$/,
};

/** States that a person should hear of, and what they mean. */
const alarms: Record<string, [state: RegExp, meaning: string]> = {
  session: [
    /unresponsive/,
    'connected, but the scheduler does not answer: it is stuck, or another manager holds our worker_manager_id; we keep trying',
  ],
};

/**
 * Machines do not log: this sees each of them enter another state, and says so. `thorough`: the routine as well, which
 * ten thousand groups feel.
 */
export const stateObserver = (log: Log, thorough: boolean): ((event: InspectionEvent) => void) => {
  const last = new WeakMap<AnyActorRef, string>();
  return (event) => {
    if (event.type !== '@xstate.snapshot') return;
    const { value, context = {} } = event.snapshot as Seen;
    if (value === undefined) return;
    const actor = event.actorRef as AnyActorRef & { logic?: { id?: string } };
    const state = flat(value);
    if (last.get(actor) === state) return;
    last.set(actor, state);
    const machine = actor.logic?.id ?? actor.id;
    const dull = routine[machine]?.test(state) ?? false;
    if (dull && !thorough) return;
    const facts = carried.flatMap((key) =>
      context[key] === null || context[key] === undefined
        ? []
        : [[rename[key] ?? key, context[key]]],
    );
    const [alarm, meaning] = alarms[machine] ?? [];
    const alarmed = alarm?.test(state) ?? false;
    log[alarmed ? 'warn' : dull ? 'debug' : 'info'](
      {
        ...(alarmed && { meaning }),
        ...(machine !== actor.id && { actor: nameOf(actor.id) }),
        state,
        ...Object.fromEntries(facts),
      },
      `${machine}.state`,
    );
  };
};
