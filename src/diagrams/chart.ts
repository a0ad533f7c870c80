import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { edgeIdOf } from '../shared/edgeIds.ts';
import { type Words, wordsOf } from './words.ts';

/** One way out of a state, or a reaction that stays in it. */
export interface Arrow {
  /** As recordings name it. */
  id: string;
  from: AnyStateNode;
  to: AnyStateNode | null;
  event: string;
  /** `else` for the last of several alternatives. */
  guard: string | null;
  actions: string[];
}

export interface State {
  node: AnyStateNode;
  note: string | null;
  entry: string[];
  exit: string[];
  /** Effects and actors that live as long as the state does. */
  invokes: string[];
}

/** A machine, ready to be drawn and tabulated. */
export interface Chart {
  machine: AnyStateMachine;
  states: State[];
  arrows: Arrow[];
}

const list = (value: unknown): unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

export const children = (node: AnyStateNode): AnyStateNode[] =>
  Object.values(node.states as Record<string, AnyStateNode>);

const withDescendants = (node: AnyStateNode): AnyStateNode[] => [
  node,
  ...children(node).flatMap(withDescendants),
];

const arrowsOf = (node: AnyStateNode, words: Words): Arrow[] =>
  [...[...node.transitions.values()], ...(node.always ? [node.always] : [])].flatMap(
    (alternatives: (AnyTransitionDefinition & { delay?: string | number })[]) =>
      alternatives.map((transition, i) => {
        const { eventType, delay, guard, target, actions } = transition;
        return {
          id: edgeIdOf(transition) ?? '',
          from: node,
          to: target?.[0] ?? null,
          event: eventType === '' ? 'at once' : words.event(eventType, delay),
          guard: guard ? words.guard(guard) : i > 0 ? 'else' : null,
          actions: actions.map(words.action),
        };
      }),
  );

export const chartOf = (machine: AnyStateMachine): Chart => {
  const words = wordsOf(machine);
  const nodes = withDescendants(machine.root);
  return {
    machine,
    states: nodes.map((node) => ({
      node,
      // The machine's own description heads its chapter.
      note: node.parent ? (node.description ?? null) : null,
      // The node's own lists also hold what XState adds to run its timers.
      entry: list(node.config.entry).map(words.action),
      exit: list(node.config.exit).map(words.action),
      invokes: node.invoke.map(({ src, id }) => (typeof src === 'string' ? src : id)),
    })),
    arrows: nodes.flatMap((node) => arrowsOf(node, words)),
  };
};

/** The name of a state inside its machine. */
export const pathOf = (node: AnyStateNode): string => node.path.join('.');
