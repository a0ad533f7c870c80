import type {
  AnyMachineSnapshot,
  AnyStateMachine,
  AnyStateNode,
  AnyTransitionDefinition,
} from 'xstate';
import { edgeIdOf, transitionsOf } from '../shared/edgeIds.ts';
import { type Edge, edgesOf, edgesTo, type Model, type Step } from './explore.ts';
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

const takenBy = (machine: AnyStateMachine, { from, event }: Edge): string[] =>
  (machine.getTransitionData(from as never, event as never) as AnyTransitionDefinition[]).flatMap(
    (transition) => edgeIdOf(transition) ?? [],
  );

function pathTo(machine: AnyStateMachine, model: Model, edge: Edge): Path {
  const edges = edgesTo(edge);
  return {
    machine: machine.id,
    input: model.input,
    start: (edges[0] as Edge).from.value,
    steps: edges.map((one) => ({
      ...{ event: one.event, state: one.state },
      edges: takenBy(machine, one),
    })),
  };
}

/** Every edge of the models, each at the end of a shortest path: what our own suite walks. */
export function everyPath({ machine, models }: Modelled): Path[] {
  return models.flatMap((model) =>
    edgesOf(machine, model).map((edge) => pathTo(machine, model, edge)),
  );
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
    for (const edge of edges) {
      if (taken.size >= total) break;
      const last = takenBy(machine, edge);
      if (last.every((one) => taken.has(one))) continue;
      for (const one of last) taken.add(one);
      chosen.push(pathTo(machine, model, edge));
    }
  }
  return chosen.filter((path) => !chosen.some((other) => isPrefix(path, other)));
}
