import { charts, type NodeConfig } from './charts.ts';

/** What a machine's JSON says of a state. */
function nodeOf(machine: string, path: string): NodeConfig | undefined {
  let node = charts[machine]?.config;
  if (path === '') return node;
  for (const key of path.split('.')) node = node?.states?.[key];
  return node;
}

export const descriptionOf = (machine: string, path: string): string =>
  nodeOf(machine, path)?.description ?? '';

const list = (value: unknown): unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

interface Alternative {
  guard?: string | { type: string };
  target?: string;
  actions?: (string | { type: string })[];
}

export interface Edge {
  state: string;
  event: string;
  guard: string | null;
  target: string | null;
  actions: string[];
}

const nameOf = (reference: string | { type: string }): string =>
  typeof reference === 'string' ? reference : reference.type;

function alternativesOf(node: NodeConfig | undefined, event: string): unknown[] {
  if (!node) return [];
  const after = /^xstate\.after\.([^.]+)\./.exec(event)?.[1];
  if (after !== undefined) return list(node.after?.[after]);
  const [, outcome, child] = /^xstate\.(done|error)\.actor\.(.+)$/.exec(event) ?? [];
  const invoked = node.invoke?.find(({ id, src }) => (id ?? src) === child);
  if (invoked) return list(outcome === 'done' ? invoked.onDone : invoked.onError);
  return list(node.on?.[event]);
}

/** The transition of that name, as the machine's JSON has it. */
export function edgeOf(machine: string, id: string): Edge {
  const [state = '', ...rest] = id.split('/');
  const position = Number(rest.pop());
  const event = rest.join('/');
  const all = alternativesOf(nodeOf(machine, state), event);
  const found = all[position];
  const {
    guard,
    target,
    actions = [],
  } = (typeof found === 'string' ? { target: found } : (found ?? {})) as Alternative;
  return {
    ...{ state, event, target: target?.replace(/^[.#]/, '') ?? null },
    guard: guard === undefined ? (position > 0 ? 'else' : null) : nameOf(guard),
    actions: list(actions).map((action) => nameOf(action as string)),
  };
}

/** `stopTask done` for `xstate.done.actor.stopTask`. */
export function eventWords(type: string): string {
  const [, outcome, child] = /^xstate\.(done|error)\.actor\.(.+)$/.exec(type) ?? [];
  if (child !== undefined) return `${child} ${outcome === 'done' ? 'done' : 'failed'}`;
  const [, delay] = /^xstate\.after\.([^.]+)\./.exec(type) ?? [];
  return delay === undefined ? type : `after ${delay}`;
}

/** The picture of a machine; null: there is none. */
export function pictureOf(machine: string): SVGSVGElement | null {
  const text = charts[machine]?.svg;
  if (text === undefined) return null;
  // The page's own style sheet colours it.
  const plain = text.replace(/<style>[^<]*<\/style>/, '');
  const svg = new DOMParser().parseFromString(plain, 'image/svg+xml').documentElement;
  const picture = document.importNode(svg, true) as unknown as SVGSVGElement;
  picture.classList.add('chart');
  return picture;
}

/** Lights the states that are active, and the transitions that were taken last. */
export function light(picture: SVGSVGElement, states: string[], edges: string[]): void {
  for (const group of picture.querySelectorAll<SVGElement>('[data-state]')) {
    const path = group.dataset.state ?? '';
    const isLit = states.some((state) => state === path || state.startsWith(`${path}.`));
    group.classList.toggle('lit', isLit);
  }
  for (const part of picture.querySelectorAll<SVGElement>('[data-edges]'))
    part.classList.toggle(
      'taken',
      (part.dataset.edges ?? '').split(' ').some((edge) => edges.includes(edge)),
    );
}
