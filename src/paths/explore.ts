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

/** What an actor tells another one; `to` is the name that it has in the machine. */
export interface Sent {
  to: string;
  event: EventObject;
}

export interface Edge extends Step {
  from: AnyMachineSnapshot;
  /** The last edge of the shortest way to `from`; null: the machine starts there. */
  before: Edge | null;
  /** What its actors are told meanwhile, in this order. Nothing is started or told in an exploration. */
  sent: readonly Sent[];
  /** The actors that are started meanwhile. */
  started: readonly string[];
}

const explored = new WeakMap<AnyStateMachine, Map<Model, Edge[]>>();

type Adjacency = Record<string, { state: AnyMachineSnapshot; transitions: Record<string, Step> }>;

type Effects = Pick<Edge, 'sent' | 'started'>;
type Transition = (...args: [AnyMachineSnapshot, EventObject, object]) => AnyMachineSnapshot;

const noEffects: Effects = { sent: [], started: [] };

/** The machine, and what each transition of it told and started. */
function recording(machine: AnyStateMachine) {
  const effects = new Map<AnyMachineSnapshot, Map<EventObject, Effects>>();
  const transition: Transition = (from, event, scope) => {
    const sent: Sent[] = [];
    const started: string[] = [];
    const actionExecutor = ({ type, params }: { type: string; params: never }) => {
      const { targetId, event, id } = (params ?? {}) as {
        targetId?: string;
        event: never;
        id: string;
      };
      if (type === 'xstate.sendTo' && targetId !== undefined) sent.push({ to: targetId, event });
      if (type === 'xstate.spawnChild') started.push(id);
    };
    const state = machine.transition(from, event as never, { ...scope, actionExecutor } as never);
    if (sent.length + started.length > 0) {
      const others = effects.get(from);
      if (others) others.set(event, { sent, started });
      else effects.set(from, new Map([[event, { sent, started }]]));
    }
    return state as AnyMachineSnapshot;
  };
  const logic = Object.assign(Object.create(machine), { transition });
  const effectsOf = (from: AnyMachineSnapshot, event: EventObject): Effects =>
    effects.get(from)?.get(event) ?? noEffects;
  return { logic, effectsOf };
}

function explore(machine: AnyStateMachine, { input, key, events }: Model): Edge[] {
  const { logic, effectsOf } = recording(machine);
  const keys = new WeakMap<AnyMachineSnapshot, string>();
  const keyOf = (state: AnyMachineSnapshot): string => {
    const known = keys.get(state) ?? JSON.stringify(key(state));
    keys.set(state, known);
    return known;
  };
  const enabled = (state: AnyMachineSnapshot) =>
    (typeof events === 'function' ? events(state) : events).filter(
      (event) => machine.getTransitionData(state as never, event as never).length > 0,
    );
  const adjacency = getAdjacencyMap(logic, {
    input: input as never,
    events: enabled as never,
    serializeState: (state) => keyOf(state as AnyMachineSnapshot),
    limit: 200_000,
  }) as unknown as Adjacency;
  const start = Object.keys(adjacency)[0] as string;
  const known = new Set([start]);
  const found: Edge[] = [];
  const visit = (name: string, before: Edge | null): void => {
    const node = adjacency[name];
    if (node?.state.status !== 'active') return;
    for (const { event, state } of Object.values(node.transitions))
      found.push({ from: node.state, event, state, before, ...effectsOf(node.state, event) });
  };
  visit(start, null);
  for (const edge of found) {
    const name = keyOf(edge.state);
    if (known.has(name)) continue;
    known.add(name);
    visit(name, edge);
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
