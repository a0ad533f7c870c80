import type { AnyMachineSnapshot, AnyStateMachine, EventObject } from 'xstate';
import { edgesOf, type Model, type Step, type Walk } from '../../src/paths/explore.ts';

export { type Model, type Step, untaken, unvisited, type Walk } from '../../src/paths/explore.ts';

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

function describeEdge(from: AnyMachineSnapshot, steps: Step[], error: unknown): string {
  const last = steps.at(-1) as Step;
  const events = steps.map(({ event }) => `\n      ${describeEvent(event)}`).join('');
  return `  ${nameOf(from)} --${last.event.type}--> ${nameOf(last.state)}
    events:${events}
    failure: ${describeFailure(error)}`;
}

/**
 * Walks every edge of the models of a machine, and fails with the edges at which `walk` throws, each once: an edge
 * that fails also fails in every walk that leads over it.
 */
export async function walkEveryEdge(
  machine: AnyStateMachine,
  models: Model | Model[],
  walk: (walk: Walk) => void | Promise<void>,
): Promise<void> {
  const failed = new Map<Step, string>();
  let total = 0;
  for (const model of [models].flat()) {
    const edges = edgesOf(machine, model);
    const sources = new Map(edges.map(({ from, steps }) => [steps.at(-1), from]));
    if (edges.length === 0) throw new Error('the model has no edge');
    total += edges.length;
    for (const { steps } of edges) {
      if (failed.size >= mostFailing) break;
      let taken = 0;
      const counted = function* () {
        for (const step of steps) {
          taken++;
          yield step;
        }
      };
      try {
        await walk({ input: model.input, steps: { [Symbol.iterator]: counted } });
        if (taken !== steps.length) throw new Error('the walk was not gone through to its end');
      } catch (error) {
        const until = steps.slice(0, Math.max(1, taken));
        const edge = until.at(-1) as Step;
        const from = sources.get(edge) as AnyMachineSnapshot;
        if (!failed.has(edge)) failed.set(edge, describeEdge(from, until, error));
      }
    }
  }
  if (failed.size === 0) return;
  const shown = [...failed.values()].slice(0, mostShown);
  throw new Error(
    `${failed.size} of ${total} edges fail; the first ${shown.length}:\n\n${shown.join('\n\n')}\n`,
  );
}
