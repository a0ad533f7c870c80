import type { AnyMachineSnapshot, AnyStateMachine, EventObject } from 'xstate';
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

/**
 * Checks every edge of the models of a machine without an actor: its state after the edge, and what it tells and starts
 * meanwhile. `check` returns what is to be known of the steps up to this one; edges behind one that fails are not checked.
 */
export function checkEveryEdge<Past>(
  machine: AnyStateMachine,
  models: Model | Model[],
  first: Past,
  check: (edge: Edge, past: Past) => Past,
): Promise<void> {
  return collectFailures(machine, models, (_, edges, failed) => {
    const known = new Map<Edge | null, { past: Past }>([[null, { past: first }]]);
    for (const edge of edges) {
      if (failed.size >= mostFailing) return;
      const before = known.get(edge.before);
      if (!before) continue;
      try {
        known.set(edge, { past: check(edge, before.past) });
      } catch (error) {
        failed.set(edge, error);
      }
    }
  });
}
