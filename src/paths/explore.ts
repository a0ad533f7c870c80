import {
  type AnyActorScope,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type AnyStateNode,
  createEmptyActor,
  type EventObject,
} from 'xstate';

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

export interface Edge extends Step {
  from: AnyMachineSnapshot;
  /** The last edge of the shortest way to `from`; null: the machine starts there. */
  before: Edge | null;
}

const explored = new WeakMap<AnyStateMachine, Map<Model, Edge[]>>();

/** Lets a machine change its state and do nothing else. XState's `transition` creates an actor for each event. */
function scopeWithoutEffects(): AnyActorScope {
  const self = createEmptyActor();
  const nothing = () => {};
  return {
    ...{ self, system: self.system, id: '', sessionId: '', logger: nothing, defer: nothing },
    ...{ emit: nothing, stopChild: nothing, actionExecutor: nothing },
  };
}

function explore(machine: AnyStateMachine, { input, key, events }: Model): Edge[] {
  const keyOf = (state: AnyMachineSnapshot) => JSON.stringify(key(state));
  const scope = scopeWithoutEffects() as never;
  const start = machine.getInitialSnapshot(scope, input as never) as AnyMachineSnapshot;
  const known = new Set([keyOf(start)]);
  const found: Edge[] = [];
  const visit = (from: AnyMachineSnapshot, before: Edge | null): void => {
    for (const event of typeof events === 'function' ? events(from) : events) {
      if (machine.getTransitionData(from as never, event as never).length === 0) continue;
      const state = machine.transition(from as never, event as never, scope) as AnyMachineSnapshot;
      found.push({ from, event, state, before });
    }
  };
  visit(start, null);
  for (const edge of found) {
    const name = keyOf(edge.state);
    if (known.has(name)) continue;
    known.add(name);
    if (edge.state.status === 'active') visit(edge.state, edge);
  }
  return found;
}

/** Every edge of the model, those that need the fewest steps first. Loops are edges too. */
export function edgesOf(machine: AnyStateMachine, model: Model): Edge[] {
  const known = explored.get(machine) ?? new Map<Model, Edge[]>();
  const edges = known.get(model) ?? explore(machine, model);
  explored.set(machine, known.set(model, edges));
  return edges;
}

/** The edges of the shortest way to an edge, then the edge itself. */
export function edgesTo(edge: Edge): Edge[] {
  const edges: Edge[] = [];
  for (let one: Edge | null = edge; one !== null; one = one.before) edges.push(one);
  return edges.reverse();
}

const allNodes = (node: AnyStateNode): AnyStateNode[] => [
  node,
  ...Object.values(node.states as Record<string, AnyStateNode>).flatMap(allNodes),
];

/** Transitions that are drawn in the machine but that no walk takes; `always` is not to be used. */
export const untaken = (machine: AnyStateMachine, ...models: Model[]): string[] => {
  const taken = new Set<unknown>();
  for (const model of models)
    for (const { from, event } of edgesOf(machine, model))
      for (const transition of machine.getTransitionData(from as never, event as never))
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
    edgesOf(machine, model).flatMap(({ from, state }) =>
      [from, state].flatMap(({ _nodes }) => (_nodes as AnyStateNode[]).map(({ id }) => id)),
    ),
  );
  return allNodes(machine.root)
    .map(({ id }) => id)
    .filter((id) => !visited.has(id));
};
