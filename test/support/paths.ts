import type { AnyActor, AnyMachineSnapshot, AnyStateMachine, EventObject } from 'xstate';
import { type Edge, edgesOf, edgesTo, type Model, type Step } from '../../src/paths/explore.ts';

export { type Edge, type Step, untaken, unvisited } from '../../src/paths/explore.ts';

/** So many of the failing edges are printed. */
const mostShown = 3;
/** A run of mutants only asks whether an edge fails. */
const mostFailing = process.env.MUTATION_TESTS === undefined ? Number.POSITIVE_INFINITY : 1;

const nameOf = ({ value }: AnyMachineSnapshot): string =>
  typeof value === 'string' ? value : JSON.stringify(value).replaceAll('"', '');

function describeEvent({ type, ...rest }: EventObject): string {
  const fields = JSON.stringify(rest, (_, value) =>
    value instanceof Error ? `${value.name}: ${value.message}` : value,
  );
  return fields === '{}' ? type : `${type} ${fields}`;
}

/** What an assertion says, and the line of the test that holds it. */
function describeFailure(error: unknown): string {
  const { message, stack = '' } = error instanceof Error ? error : new Error(String(error));
  const line = /[^\s(]*\.test\.ts:\d+/.exec(stack)?.[0].replace(/^.*\/test\//, 'test/');
  return line === undefined ? message : `${message}\n      at ${line}`;
}

function describeEdge(edge: Edge, error: unknown): string {
  const events = edgesTo(edge).map(({ event }) => `\n      ${describeEvent(event)}`);
  return `  ${nameOf(edge.from)} --${edge.event.type}--> ${nameOf(edge.state)}
    events:${events.join('')}
    failure: ${describeFailure(error)}`;
}

/** Goes through the edges of each model, and fails with those that `check` adds to `failed`. */
async function collectFailures(
  machine: AnyStateMachine,
  models: Model | Model[],
  check: (model: Model, edges: Edge[], failed: Map<Edge, unknown>) => void | Promise<void>,
): Promise<void> {
  const failed = new Map<Edge, unknown>();
  let total = 0;
  for (const model of [models].flat()) {
    const edges = edgesOf(machine, model);
    if (edges.length === 0) throw new Error('the model has no edge');
    total += edges.length;
    await check(model, edges, failed);
  }
  if (failed.size === 0) return;
  const shown = [...failed].slice(0, mostShown).map(([edge, error]) => describeEdge(edge, error));
  throw new Error(
    `${failed.size} of ${total} edges fail; the first ${shown.length}:\n\n${shown.join('\n\n')}\n`,
  );
}

/** The shortest way to one edge of a model, and the edge itself as its last step. */
export interface Walk {
  /** What the machine was started with. */
  input: unknown;
  /** To be gone through to the end: a failure is reported at the step that was taken last. */
  steps: Iterable<Step>;
}

/**
 * Walks from the start to every edge of the models of a machine, and fails with the edges at which `walk` throws, each
 * once: an edge that fails also fails in every walk that leads over it.
 */
export function walkEveryEdge(
  machine: AnyStateMachine,
  models: Model | Model[],
  walk: (walk: Walk) => void | Promise<void>,
): Promise<void> {
  return collectFailures(machine, models, async ({ input }, edges, failed) => {
    for (const last of edges) {
      if (failed.size >= mostFailing) return;
      const way = edgesTo(last);
      let taken = 0;
      const counted = function* () {
        for (const edge of way) {
          taken++;
          yield edge;
        }
      };
      try {
        await walk({ input, steps: { [Symbol.iterator]: counted } });
        if (taken !== way.length) throw new Error('the walk was not gone through to its end');
      } catch (error) {
        const edge = way[Math.max(1, taken) - 1] as Edge;
        if (!failed.has(edge)) failed.set(edge, error);
      }
    }
  });
}

type Persisted = ReturnType<AnyActor['getPersistedSnapshot']>;

/** How an actor takes one edge after another. */
export interface Steps<Live extends { actor: AnyActor }, Past> {
  /** An actor with new effects; with a snapshot, it goes on from there. */
  start: (input: unknown, snapshot: Persisted | undefined) => Live;
  /** What is known of the steps before the first one. */
  past: Past;
  /** Takes a step and checks what it did; returns what is known of the steps up to this one. */
  take: (live: Live, step: Step, past: Past) => Past | Promise<Past>;
}

/**
 * Takes every edge of the models of a machine once, each with an actor that goes on from the snapshot of the actor that
 * took the edge before. Fails with the edges at which `take` throws; those behind them are not taken.
 */
export function takeEveryEdge<Live extends { actor: AnyActor }, Past>(
  machine: AnyStateMachine,
  models: Model | Model[],
  { start, past: first, take }: Steps<Live, Past>,
): Promise<void> {
  return collectFailures(machine, models, async ({ input }, edges, failed) => {
    const nextOf = new Map<Edge | null, Edge[]>();
    for (const edge of edges) {
      const others = nextOf.get(edge.before);
      if (others) others.push(edge);
      else nextOf.set(edge.before, [edge]);
    }
    const takeFrom = async (before: Edge | null, snapshot: Persisted | undefined, past: Past) => {
      for (const edge of nextOf.get(before) ?? []) {
        if (failed.size >= mostFailing) return;
        try {
          const live = start(input, snapshot);
          const now = await take(live, edge, past);
          if (nextOf.has(edge)) await takeFrom(edge, live.actor.getPersistedSnapshot(), now);
        } catch (error) {
          failed.set(edge, error);
        }
      }
    };
    await takeFrom(null, undefined, first);
  });
}

/** Checks the state after every edge of the models of a machine, without an actor. */
export function checkEveryEdge(
  machine: AnyStateMachine,
  models: Model | Model[],
  check: (edge: Edge) => void,
): Promise<void> {
  return collectFailures(machine, models, (_, edges, failed) => {
    for (const edge of edges) {
      if (failed.size >= mostFailing) return;
      try {
        check(edge);
      } catch (error) {
        failed.set(edge, error);
      }
    }
  });
}
