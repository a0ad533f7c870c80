import type { AnyStateNode, AnyTransitionDefinition } from 'xstate';

/** The transitions of a state, without those of the states below it. */
export function transitionsOf(node: AnyStateNode): AnyTransitionDefinition[] {
  return [...[...node.transitions.values()].flat(), ...(node.always ?? [])];
}

const known = new WeakMap<AnyTransitionDefinition, string>();

/**
 * Name of a transition that is the same in every process: path of its state, event, position among the alternatives,
 * such as `draining.waiting/group.stop/0`. Null for what a machine does without a transition, such as its start.
 */
export function edgeIdOf(transition: AnyTransitionDefinition): string | null {
  const found = known.get(transition);
  if (found !== undefined) return found;
  const { source, eventType } = transition;
  if (!eventType && !source.always?.includes(transition)) return null;
  const position = (source.transitions.get(eventType) ?? source.always ?? []).indexOf(transition);
  if (position < 0) return null;
  const id = `${source.path.join('.')}/${eventType}/${position}`;
  known.set(transition, id);
  return id;
}

/** The state, event and position of an edge, of its name. */
export function partsOfEdge(id: string): { state: string; event: string; position: number } {
  const [state = '', ...rest] = id.split('/');
  const position = Number(rest.pop());
  return { state, event: rest.join('/'), position };
}
