import type { AnyActorRef, InspectionEvent } from 'xstate';
import { levelOf } from './events.ts';
import type { Log } from './log.ts';
import { stateChanges } from './stateChanges.ts';

interface MachineSnapshot {
  value?: unknown;
  context?: unknown;
}

/** Paths of the states that are active and have none below them; parallel regions have one each. */
function leavesOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return Object.entries(value as Record<string, unknown>).flatMap(([key, child]) => {
    const below = leavesOf(child);
    return below.length === 0 ? [key] : below.map((leaf) => `${key}.${leaf}`);
  });
}

function valueAt(path: string, context: unknown): unknown {
  let value = context;
  for (const key of path.split('.')) value = (value as Record<string, unknown> | null)?.[key];
  // A failure note is told by its words.
  if (typeof value === 'object' && value !== null && 'reason' in value) return value.reason;
  return value;
}

const isIn = (leaf: string, state: string): boolean =>
  leaf === state || leaf.startsWith(`${state}.`);

/**
 * For `createActor`'s `inspect`: reports each state that an actor enters, as `stateChanges` says. Machines do not log.
 * `thorough`: also what the table calls debug and nothing else follows from.
 */
export function stateLogger(log: Log, thorough: boolean): (event: InspectionEvent) => void {
  const last = new WeakMap<AnyActorRef, { value: unknown; leaves: string[] }>();
  return (event) => {
    if (event.type !== '@xstate.snapshot') return;
    const { value, context } = event.snapshot as MachineSnapshot;
    if (value === undefined) return;
    const actor = event.actorRef as AnyActorRef & { logic?: { id?: string } };
    const reports = stateChanges[actor.logic?.id ?? ''];
    if (!reports) return;
    const before = last.get(actor);
    // An event that changes nothing but the context, as most do, leaves the same value.
    if (before?.value === value) return;
    const leaves = leavesOf(value);
    last.set(actor, { value, leaves });
    for (const state of leaves) {
      if (before?.leaves.includes(state)) continue;
      const [, own] = Object.entries(reports.own ?? {}).find(([each]) => isIn(state, each)) ?? [];
      const name = own ?? reports.event;
      if (!thorough && !reports.heard && levelOf(name, { state }) === 'debug') continue;
      const facts = Object.entries(reports.fields).flatMap(([field, path]) => {
        const fact = valueAt(path, context);
        return fact === null || fact === undefined ? [] : [[field, fact]];
      });
      // The rows of stateChanges are data: a test compares their fields with those of the table.
      log.report(name, { state, ...Object.fromEntries(facts) } as never);
    }
  };
}
