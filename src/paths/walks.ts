import type {
  AnyMachineSnapshot,
  AnyStateMachine,
  AnyStateNode,
  AnyTransitionDefinition,
} from 'xstate';
import { edgeIdOf, transitionsOf } from '../shared/edgeIds.ts';
import { edgesOf, type Model, type Step } from './explore.ts';
import type { Modelled } from './machines.ts';

/** One way through a machine, from its start. */
export interface Path {
  machine: string;
  input: unknown;
  /** State in which the machine starts. */
  start: AnyMachineSnapshot['value'];
  steps: PathStep[];
}

export interface PathStep extends Step {
  /** The transitions of the chart that the step takes. */
  edges: string[];
}

const takenBy = (machine: AnyStateMachine, before: AnyMachineSnapshot, step: Step): string[] =>
  (
    machine.getTransitionData(before as never, step.event as never) as AnyTransitionDefinition[]
  ).flatMap((transition) => edgeIdOf(transition) ?? []);

function pathOf(machine: AnyStateMachine, model: Model, from: AnyMachineSnapshot[], steps: Step[]) {
  const [first] = from;
  return {
    machine: machine.id,
    input: model.input,
    start: (first as AnyMachineSnapshot).value,
    steps: steps.map((step, i) => ({
      ...step,
      edges: takenBy(machine, from[i] as AnyMachineSnapshot, step),
    })),
  };
}

/** Every edge of the models, each at the end of a shortest path: what our own suite walks. */
export function everyPath({ machine, models }: Modelled): Path[] {
  return models.flatMap((model) => {
    const edges = edgesOf(machine, model);
    const start = edges.find(({ steps }) => steps.length === 1)?.from;
    if (!start) return [];
    return edges.map(({ steps }) =>
      pathOf(machine, model, [start, ...steps.map(({ state }) => state)], steps),
    );
  });
}

const isPrefix = (short: Path, long: Path): boolean =>
  short.input === long.input &&
  short.steps.length < long.steps.length &&
  short.steps.every(({ event }, i) => event === long.steps[i]?.event);

const nodesOf = (node: AnyStateNode): AnyStateNode[] => [
  node,
  ...Object.values(node.states as Record<string, AnyStateNode>).flatMap(nodesOf),
];

/** Few and short paths that together take every transition of the machine's chart. */
export function coveringPaths({ machine, models }: Modelled): Path[] {
  const total = nodesOf(machine.root).flatMap(transitionsOf).length;
  const taken = new Set<string>();
  const chosen: Path[] = [];
  for (const model of models) {
    // The shortest come first, so the steps before the last one have been taken already.
    const edges = taken.size < total ? edgesOf(machine, model) : [];
    const start = edges.find(({ steps }) => steps.length === 1)?.from;
    for (const { from, steps } of edges) {
      if (!start || taken.size >= total) break;
      const last = takenBy(machine, from, steps.at(-1) as Step);
      if (last.every((edge) => taken.has(edge))) continue;
      for (const edge of last) taken.add(edge);
      chosen.push(pathOf(machine, model, [start, ...steps.map(({ state }) => state)], steps));
    }
  }
  return chosen.filter((path) => !chosen.some((other) => isPrefix(path, other)));
}
