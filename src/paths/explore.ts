import { getAdjacencyMap } from '@xstate/graph';
import type { AnyMachineSnapshot, AnyStateMachine, AnyStateNode, EventObject } from 'xstate';

/** One fixture per event that can happen; what an effect answers is an event too. */
export interface Model {
  input: unknown;
  /** What counts as the same state. */
  key: (state: AnyMachineSnapshot) => unknown;
  events: EventObject[] | ((state: AnyMachineSnapshot) => EventObject[]);
}

export interface Step {
  event: EventObject;
  /** The state that the model is in after the event. */
  state: AnyMachineSnapshot;
}

/** The shortest way to one edge of a model, and the edge itself as its last step. */
export interface Walk {
  /** What the machine was started with. */
  input: unknown;
  /** To be gone through to the end: a failure is reported at the step that was taken last. */
  steps: Iterable<Step>;
}

type Adjacency = Record<string, { state: AnyMachineSnapshot; transitions: Record<string, Step> }>;
const explored = new WeakMap<AnyStateMachine, Map<Model, Adjacency>>();

const adjacency = (machine: AnyStateMachine, model: Model): Adjacency => {
  const known = explored.get(machine) ?? new Map<Model, Adjacency>();
  const map =
    known.get(model) ??
    (getAdjacencyMap(machine as never, {
      input: model.input as never,
      events: model.events as never,
      serializeState: (state) => JSON.stringify(model.key(state as AnyMachineSnapshot)),
      limit: 200_000,
    }) as unknown as Adjacency);
  explored.set(machine, known.set(model, map));
  return map;
};

const enabled = (machine: AnyStateMachine, { event, state }: Step): boolean =>
  (machine.getTransitionData(state as never, event as never) as unknown[]).length > 0;

export interface Edge {
  from: AnyMachineSnapshot;
  /** The shortest way to it, then the edge itself. */
  steps: Step[];
}

/** Every edge of the model. Loops are edges too. */
export function edgesOf(machine: AnyStateMachine, model: Model): Edge[] {
  const map = adjacency(machine, model);
  const keyOf = (state: AnyMachineSnapshot) => JSON.stringify(model.key(state));
  const startKey = Object.keys(map)[0] as string;
  const way = new Map<string, Step[]>([[startKey, []]]);
  const queue = [startKey];
  const found: Edge[] = [];
  for (let key = queue.shift(); key !== undefined; key = queue.shift()) {
    const node = map[key];
    const before = way.get(key) ?? [];
    if (node?.state.status !== 'active') continue;
    for (const edge of Object.values(node.transitions)) {
      if (!enabled(machine, { event: edge.event, state: node.state })) continue;
      const steps = [...before, edge];
      const next = keyOf(edge.state);
      if (!way.has(next)) {
        way.set(next, steps);
        queue.push(next);
      }
      found.push({ from: node.state, steps });
    }
  }
  return found;
}

const allNodes = (node: AnyStateNode): AnyStateNode[] => [
  node,
  ...Object.values(node.states as Record<string, AnyStateNode>).flatMap(allNodes),
];

/** Transitions that are drawn in the machine but that no walk takes; `always` is not to be used. */
export const untaken = (machine: AnyStateMachine, ...models: Model[]): string[] => {
  const taken = new Set<unknown>();
  for (const model of models)
    for (const { state, transitions } of Object.values(adjacency(machine, model)))
      for (const { event } of Object.values(transitions))
        for (const transition of machine.getTransitionData(state as never, event as never))
          taken.add(transition);
  return allNodes(machine.root).flatMap((node) => [
    ...[...node.transitions.values()]
      .flat()
      .filter((transition) => !taken.has(transition))
      .map(
        (transition) =>
          `${node.id} --${transition.eventType}--> ${transition.target?.map(({ id }: AnyStateNode) => id) ?? '-'}`,
      ),
    ...(node.always ?? []).map(() => `${node.id} --always-->`),
  ]);
};

/** States that no walk enters. */
export const unvisited = (machine: AnyStateMachine, model: Model): string[] => {
  const visited = new Set(
    Object.values(adjacency(machine, model)).flatMap(({ state }) =>
      (state._nodes as AnyStateNode[]).map(({ id }) => id),
    ),
  );
  return allNodes(machine.root)
    .map(({ id }) => id)
    .filter((id) => !visited.has(id));
};
