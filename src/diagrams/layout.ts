import { createRequire } from 'node:module';
import type { ELK, ElkExtendedEdge, ElkNode } from 'elkjs';
import type { AnyStateNode } from 'xstate';
import { type Arrow, type Chart, children, pathOf } from './chart.ts';

/** A line of text in a box; `edges`: the transitions that it stands for. */
export interface Line {
  text: string;
  edges: string[];
}

export interface Box {
  /** Path of the state; null: the list of what a state with states inside it reacts to. */
  state: string | null;
  title: string;
  lines: Line[];
  kind: 'leaf' | 'around' | 'reactions' | 'final' | 'effect';
  isInitial: boolean;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Wire {
  edges: string[];
  /** On the line. */
  text: string | null;
  points: { x: number; y: number }[];
  label: { x: number; y: number } | null;
}

/** A chart with a place for everything, in pixels. */
export interface Layout {
  name: string;
  width: number;
  height: number;
  boxes: Box[];
  wires: Wire[];
}

export const titleHeight = 22;
export const lineHeight = 14;
export const titleChar = 7.4;
export const lineChar = 6.7;
const gap = 12;
/** What a README shows without shrinking it. */
const pageWidth = 900;

const elk: ELK = new (
  createRequire(import.meta.url)('elkjs/lib/elk.bundled.js') as { new (): ELK }
)();

/** The shortest path that names a state beside another one. */
function nameOf(to: AnyStateNode, from: AnyStateNode): string {
  const isBeside = to.parent === from.parent || to.parent === from;
  return isBeside || to.parent?.parent === undefined ? to.key : `${to.parent.key}.${to.key}`;
}

/** What leads out of a state, or happens in it: `event [condition] → target`, in as few lines as the width allows. */
function linesOf({ id, event, guard, to, from }: Arrow, mostChars: number): Line[] {
  const parts = [
    event,
    ...(guard ? [`[${guard}]`] : []),
    ...(to ? [`→ ${to === from ? 'again' : nameOf(to, from)}`] : []),
  ];
  const texts: string[] = [];
  for (const part of parts) {
    const last = texts.at(-1);
    if (last !== undefined && last.length + part.length < mostChars)
      texts[texts.length - 1] = `${last} ${part}`;
    else texts.push(texts.length === 0 ? part : `\u00a0\u00a0${part}`);
  }
  return texts.map((text) => ({ text, edges: [id] }));
}

/** All that a state runs and reacts to. What it does without leaving it is one line for each event. */
function reactionsOf(chart: Chart, node: AnyStateNode, mostChars = 99): Line[] {
  const inside = new Map<string, Line>();
  const leaving: Line[] = [];
  for (const arrow of chart.arrows) {
    if (arrow.from !== node) continue;
    if (arrow.to !== null) {
      leaving.push(...linesOf(arrow, mostChars));
      continue;
    }
    const line = inside.get(arrow.event) ?? { text: arrow.event, edges: [] };
    line.edges.push(arrow.id);
    inside.set(arrow.event, line);
  }
  const { invokes = [] } = chart.states.find((one) => one.node === node) ?? {};
  const runs = invokes.map((name) => ({ text: `runs ${name}`, edges: [] }));
  return [...runs, ...leaving, ...inside.values()];
}

const isWithin = (node: AnyStateNode, around: AnyStateNode): boolean =>
  node === around || (node.parent !== undefined && isWithin(node.parent, around));

const idOf = (node: AnyStateNode): string => node.id;
const reactionsId = (node: AnyStateNode): string => `${node.id} reactions`;

/** A state with states inside it reacts in a box of its own. */
const needsReactions = (chart: Chart, node: AnyStateNode): boolean =>
  children(node).length > 0 && reactionsOf(chart, node).length > 0;

const sizeOf = (title: string, lines: Line[]): { width: number; height: number } => ({
  width: Math.ceil(
    Math.max(title.length * titleChar, ...lines.map(({ text }) => text.length * lineChar)) + 22,
  ),
  height: titleHeight + (lines.length > 0 ? lines.length * lineHeight + 10 : 4),
});

type Described = Pick<Box, 'state' | 'title' | 'lines' | 'kind' | 'isInitial'>;

/** A chart's part as ELK takes it, and what its boxes and lines say. */
interface Drawing {
  mostChars: number;
  boxes: Map<string, Described>;
  wires: Map<string, Pick<Wire, 'edges' | 'text'>>;
}

function elkNodeOf(chart: Chart, node: AnyStateNode, drawing: Drawing): ElkNode {
  const inner = children(node);
  const { parent } = node;
  const isInitial =
    parent !== undefined && parent.type !== 'parallel' && parent.initial.target.includes(node);
  if (inner.length === 0) {
    const lines = reactionsOf(chart, node, drawing.mostChars);
    const kind = node.type === 'final' ? 'final' : 'leaf';
    drawing.boxes.set(idOf(node), { state: pathOf(node), title: node.key, lines, kind, isInitial });
    return { id: idOf(node), ...sizeOf(node.key, lines) };
  }
  drawing.boxes.set(idOf(node), {
    ...{ state: pathOf(node), title: node.key, lines: [], kind: 'around', isInitial },
  });
  const nodes = inner.map((child) => elkNodeOf(chart, child, drawing));
  if (needsReactions(chart, node)) nodes.unshift(reactionsNode(chart, node, drawing));
  return {
    id: idOf(node),
    children: nodes,
    layoutOptions: {
      'elk.padding': `[top=${titleHeight + gap},left=${gap},bottom=${gap},right=${gap}]`,
      'elk.nodeSize.constraints': 'MINIMUM_SIZE',
      'elk.nodeSize.minimum': `(${Math.ceil(node.key.length * titleChar + 24)},${titleHeight})`,
    },
  };
}

function reactionsNode(chart: Chart, node: AnyStateNode, drawing: Drawing): ElkNode {
  const lines = reactionsOf(chart, node, drawing.mostChars);
  const title = `any of ${node.key}`;
  const described = { state: null, title, lines, kind: 'reactions', isInitial: false } as const;
  drawing.boxes.set(reactionsId(node), described);
  return { id: reactionsId(node), ...sizeOf(title, lines) };
}

/** Transitions between the same two states share a line; one that ends where it starts has none. */
function elkEdgesOf(arrows: Arrow[], drawing: Drawing): ElkExtendedEdge[] {
  const between = new Map<string, { from: string; to: string; edges: string[] }>();
  for (const { id, from, to } of arrows) {
    if (!to || to === from) continue;
    const source = children(from).length > 0 ? reactionsId(from) : idOf(from);
    const key = `${source} -> ${idOf(to)}`;
    const found = between.get(key) ?? { from: source, to: idOf(to), edges: [] };
    found.edges.push(id);
    between.set(key, found);
  }
  return [...between].map(([id, { from, to, edges }]) => {
    drawing.wires.set(id, { edges, text: null });
    return { id, sources: [from], targets: [to] };
  });
}

const options = (direction: string): Record<string, string> => ({
  'elk.algorithm': 'layered',
  'elk.direction': direction,
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.json.shapeCoords': 'ROOT',
  'elk.json.edgeCoords': 'ROOT',
  'elk.padding': `[top=${gap},left=${gap},bottom=${gap},right=${gap}]`,
  'elk.spacing.nodeNode': '18',
  'elk.spacing.edgeNode': '14',
  'elk.spacing.edgeEdge': '10',
  'elk.spacing.edgeLabel': '3',
  'elk.layered.spacing.nodeNodeBetweenLayers': '22',
  'elk.layered.spacing.edgeNodeBetweenLayers': '12',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '10',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.considerModelOrder.strategy': 'PREFER_NODES',
  'elk.edgeLabels.inline': 'false',
});

function placed(graph: ElkNode, drawing: Drawing): Omit<Layout, 'name'> {
  const boxes: Box[] = [];
  const visit = (node: ElkNode): void => {
    const described = drawing.boxes.get(node.id);
    const { x = 0, y = 0, width = 0, height = 0 } = node;
    if (described) boxes.push({ ...described, x, y, width, height });
    for (const child of node.children ?? []) visit(child);
  };
  visit(graph);
  const wires = (graph.edges ?? []).map(({ id, sections = [], labels = [] }) => {
    const points = sections.flatMap(({ startPoint, bendPoints = [], endPoint }) => [
      ...[startPoint, ...bendPoints, endPoint],
    ]);
    const [label] = labels;
    const place = label ? { x: label.x ?? 0, y: label.y ?? 0 } : null;
    return { ...(drawing.wires.get(id) ?? { edges: [], text: null }), points, label: place };
  });
  const { width = 0, height = 0 } = graph;
  return { width: Math.ceil(width), height: Math.ceil(height), boxes, wires };
}

/** A box is tried with long lines first, then with shorter ones. */
const lineLengths = [40, 30, 22];

/** Laid out downwards and sideways: the smallest one that fits the page, else the narrowest one. */
async function best(make: (mostChars: number) => { graph: ElkNode; drawing: Drawing }) {
  const tried: Omit<Layout, 'name'>[] = [];
  for (const mostChars of lineLengths) {
    for (const direction of ['DOWN', 'RIGHT']) {
      const { graph, drawing } = make(mostChars);
      graph.layoutOptions = options(direction);
      tried.push(placed(await elk.layout(graph), drawing));
    }
    const fits = tried.filter(({ width }) => width <= pageWidth);
    const area = ({ width, height }: Omit<Layout, 'name'>) => width * height;
    if (fits.length > 0) return fits.reduce((a, b) => (area(b) < area(a) ? b : a));
  }
  return tried.reduce((a, b) => (b.width < a.width ? b : a));
}

function layoutPart(chart: Chart, nodes: AnyStateNode[], root: AnyStateNode | null) {
  return best((mostChars) => {
    const drawing: Drawing = { mostChars, boxes: new Map(), wires: new Map() };
    const inside = nodes.map((node) => elkNodeOf(chart, node, drawing));
    if (root && needsReactions(chart, root)) inside.unshift(reactionsNode(chart, root, drawing));
    const mine = chart.arrows.filter(
      ({ from }) => nodes.some((node) => isWithin(from, node)) || from === root,
    );
    const edges = elkEdgesOf(mine, drawing);
    return { graph: { id: 'graph', children: inside, edges }, drawing };
  });
}

function moved(
  part: Omit<Layout, 'name'>,
  dx: number,
  dy: number,
): Pick<Layout, 'boxes' | 'wires'> {
  const at = ({ x, y }: { x: number; y: number }) => ({ x: x + dx, y: y + dy });
  return {
    boxes: part.boxes.map((box) => ({ ...box, ...at(box) })),
    wires: part.wires.map(({ points, label, ...wire }) => ({
      ...wire,
      points: points.map(at),
      label: label && at(label),
    })),
  };
}

/** Parts side by side while the page is wide enough, then below. */
function shelved(parts: Omit<Layout, 'name'>[]): Omit<Layout, 'name'> {
  const whole: Omit<Layout, 'name'> = { width: 0, height: 0, boxes: [], wires: [] };
  let x = 0;
  let y = 0;
  let shelf = 0;
  for (const part of parts) {
    if (x > 0 && x + part.width > pageWidth) {
      y += shelf;
      x = 0;
      shelf = 0;
    }
    const { boxes, wires } = moved(part, x, y);
    whole.boxes.push(...boxes);
    whole.wires.push(...wires);
    x += part.width;
    shelf = Math.max(shelf, part.height);
    whole.width = Math.max(whole.width, x);
    whole.height = Math.max(whole.height, y + shelf);
  }
  return whole;
}

/** The regions of a parallel machine are laid out apart from each other: no transition leads from one to another. */
export async function layoutOf(chart: Chart): Promise<Layout> {
  const { root, id: name } = chart.machine;
  if (root.type !== 'parallel') return { name, ...(await layoutPart(chart, children(root), root)) };
  const regions = await Promise.all(
    children(root).map((region) => layoutPart(chart, [region], null)),
  );
  const reactions = needsReactions(chart, root) ? [await layoutPart(chart, [], root)] : [];
  const byHeight = [...regions, ...reactions].sort((a, b) => b.height - a.height);
  return { name, ...shelved(byHeight) };
}

/** Machines and effects, and which of them starts which. */
export interface Tree {
  name: string;
  isEffect: boolean;
  many: boolean;
  inside: Tree[];
}

export async function treeLayout(tree: Tree): Promise<Layout> {
  const drawing: Drawing = { mostChars: 0, boxes: new Map(), wires: new Map() };
  const nodes: ElkNode[] = [];
  const edges: ElkExtendedEdge[] = [];
  const visit = ({ name, isEffect, inside }: Tree): void => {
    const kind = isEffect ? 'effect' : 'leaf';
    drawing.boxes.set(name, { state: name, title: name, lines: [], kind, isInitial: false });
    nodes.push({ id: name, ...sizeOf(name, []) });
    for (const child of inside) {
      const id = `${name} -> ${child.name}`;
      drawing.wires.set(id, { edges: [], text: child.many ? 'many' : null });
      const labels = child.many ? [{ text: id, width: 5 * lineChar, height: lineHeight }] : [];
      edges.push({ id, sources: [name], targets: [child.name], labels });
      visit(child);
    }
  };
  visit(tree);
  const graph = { id: 'graph', children: nodes, edges, layoutOptions: options('RIGHT') };
  return { name: 'actors', ...placed(await elk.layout(graph), drawing) };
}
