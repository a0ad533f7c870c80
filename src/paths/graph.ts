import {
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type AnyStateNode,
  createMachine,
  initialTransition,
  transition,
} from 'xstate';
import { edgeIdOf, transitionsOf } from '../shared/edgeIds.ts';

export type Value = AnyMachineSnapshot['value'];

/** What the chart of a machine allows, whatever its conditions and its context are. */
export interface Graph {
  machine: AnyStateMachine;
  states: string[];
  edges: string[];
  initial: Value;
  /** Paths of the states that are active. */
  activeIn(value: Value): string[];
  /** The transitions that can be taken, all conditions aside. */
  edgesFrom(value: Value): string[];
  /** The state after a transition; null: it cannot be taken there, or there is none of that name. */
  after(value: Value, edge: string): Value | null;
}

const nodesOf = (node: AnyStateNode): AnyStateNode[] => [
  node,
  ...Object.values(node.states as Record<string, AnyStateNode>).flatMap(nodesOf),
];

const pathOf = (node: AnyStateNode): string => node.path.join('.');

/** The same states; each transition is taken by an event of its own, without condition and actions. */
function bare(node: AnyStateNode): object {
  const states = Object.values(node.states as Record<string, AnyStateNode>);
  const on = transitionsOf(node).flatMap((one) => {
    const id = edgeIdOf(one);
    if (id === null) return [];
    const target = one.target?.map(({ id: name }: AnyStateNode) => `#${name}`);
    return [[id, { ...(target && { target }), reenter: one.reenter }]];
  });
  const initial = node.type === 'compound' ? node.initial?.target[0]?.key : undefined;
  return {
    id: node.id,
    ...(node.type === 'parallel' || node.type === 'final' ? { type: node.type } : {}),
    ...(initial !== undefined && { initial }),
    on: Object.fromEntries(on),
    ...(states.length > 0 && {
      states: Object.fromEntries(states.map((state) => [state.key, bare(state)])),
    }),
  };
}

const graphs = new WeakMap<AnyStateMachine, Graph>();

export function graphOf(machine: AnyStateMachine): Graph {
  const known = graphs.get(machine);
  if (known) return known;
  const skeleton = createMachine(bare(machine.root) as never) as AnyStateMachine;
  const nodes = nodesOf(machine.root);
  const snapshots = new Map<string, AnyMachineSnapshot>();
  const after = new Map<string, Value | null>();

  const snapshotOf = (value: Value): AnyMachineSnapshot => {
    const key = JSON.stringify(value);
    const found =
      snapshots.get(key) ??
      (skeleton.resolveState({ value, context: {} } as never) as AnyMachineSnapshot);
    snapshots.set(key, found);
    return found;
  };
  const activeNodes = (value: Value) => snapshotOf(value)._nodes as AnyStateNode[];
  const edgesFrom = (value: Value): string[] =>
    activeNodes(value).flatMap((node) => transitionsOf(node).map(({ eventType }) => eventType));

  const graph: Graph = {
    machine,
    states: nodes.map(pathOf).filter((path) => path !== ''),
    edges: nodes.flatMap((node) => transitionsOf(node).flatMap((one) => edgeIdOf(one) ?? [])),
    initial: initialTransition(skeleton)[0].value,
    activeIn: (value) =>
      activeNodes(value)
        .map(pathOf)
        .filter((path) => path !== ''),
    edgesFrom,
    after(value, edge) {
      const key = `${JSON.stringify(value)} ${edge}`;
      const found = after.get(key);
      if (found !== undefined) return found;
      const next = edgesFrom(value).includes(edge)
        ? transition(skeleton, snapshotOf(value) as never, { type: edge } as never)[0].value
        : null;
      after.set(key, next);
      return next;
    },
  };
  graphs.set(machine, graph);
  return graph;
}
