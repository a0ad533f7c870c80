import type { AnyStateNode } from 'xstate';
import { type Arrow, type Chart, children } from './chart.ts';

const idOf = (node: AnyStateNode): string => node.path.join('_') || node.machine.id;

/** Mermaid ends a label at a colon or semicolon. */
const label = (text: string): string => text.replace(/[:;\n]/g, ' ');

const isWithin = (node: AnyStateNode, around: AnyStateNode): boolean =>
  node === around || (node.parent !== undefined && isWithin(node.parent, around));

/** Mermaid's composite states can neither have a transition to their own child nor text. A placeholder state inside them does. */
const pointsInside = ({ from, to }: Arrow): boolean =>
  to !== null && to !== from && isWithin(to, from);

const standIn = (node: AnyStateNode): string => (node.parent ? `${idOf(node)}_whole` : 'whole');

const trigger = ({ event, guard }: Arrow): string => (guard ? `${event} [${guard}]` : event);

/** Entry and exit actions, invoked actors and transitions without target of a state. */
const details = ({ states, arrows }: Chart, node: AnyStateNode): string[] => {
  const { entry = [], exit = [], invokes = [] } = states.find((one) => one.node === node) ?? {};
  return [
    ...(entry.length > 0 ? [`entry / ${entry.join(', ')}`] : []),
    ...invokes.map((name) => `runs ${name}`),
    ...arrows
      .filter(({ from, to, actions }) => from === node && to === null && actions.length > 0)
      .map((arrow) => `${trigger(arrow)} / ${arrow.actions.join(', ')}`),
    ...(exit.length > 0 ? [`exit / ${exit.join(', ')}`] : []),
  ];
};

// Mermaid shows further lines below the name of a state only if the name is itself a description.
const box = (id: string, title: string, lines: string[]): string[] =>
  lines.length > 0 || id !== title
    ? [title, ...lines].map((line) => `${id} : ${label(line)}`)
    : [id];

const isStoodInFor = (chart: Chart, node: AnyStateNode): boolean =>
  children(node).length > 0 &&
  (details(chart, node).length > 0 ||
    chart.arrows.some((arrow) => arrow.from === node && pointsInside(arrow)));

const drawStandIn = (chart: Chart, node: AnyStateNode): string[] =>
  isStoodInFor(chart, node)
    ? box(standIn(node), `${node.key} as a whole`, details(chart, node))
    : [];

const drawState = (chart: Chart, node: AnyStateNode): string[] => {
  const id = idOf(node);
  const inner = children(node);
  if (inner.length === 0)
    return [
      ...box(id, node.key, details(chart, node)),
      ...(node.type === 'final' ? [`${id} --> [*]`] : []),
    ];
  return [`state "${node.key}" as ${id} {`, ...drawInside(chart, node).map(indent), '}'];
};

const drawInside = (chart: Chart, node: AnyStateNode): string[] => {
  const inner = children(node);
  if (node.type === 'parallel')
    return inner.flatMap((child, i) => [...(i > 0 ? ['--'] : []), ...drawState(chart, child)]);
  return [
    ...node.initial.target.map((target: AnyStateNode) => `[*] --> ${idOf(target)}`),
    ...inner.flatMap((child) => drawState(chart, child)),
    ...drawStandIn(chart, node),
    ...drawArrows(
      chart.arrows.filter((arrow) => homeOf(arrow, chart) === node),
      chart,
    ),
  ];
};

/**
 * Mermaid moves a state into every composite state that mentions it. A transition is therefore written in the composite
 * state whose direct children are both of its ends, or at the top level.
 */
const homeOf = (arrow: Arrow, { machine }: Chart): AnyStateNode => {
  if (pointsInside(arrow) && arrow.to?.parent === arrow.from) return arrow.from;
  const { parent } = arrow.from;
  return parent && parent === arrow.to?.parent && parent.type !== 'parallel'
    ? parent
    : machine.root;
};

/** Transitions between the same two states share a line. */
const drawArrows = (arrows: Arrow[], chart: Chart): string[] => {
  const triggers = new Map<string, string[]>();
  for (const arrow of arrows) {
    if (!arrow.to) continue;
    const from = isStoodInFor(chart, arrow.from) ? standIn(arrow.from) : idOf(arrow.from);
    const line = `${from} --> ${idOf(arrow.to)}`;
    triggers.set(line, [...(triggers.get(line) ?? []), label(trigger(arrow))]);
  }
  return [...triggers].map(([line, texts]) => `${line} : ${texts.join(', ')}`);
};

const indent = (line: string): string => `  ${line}`;

/** The machine as a Mermaid state diagram. */
export const stateDiagram = (chart: Chart): string => {
  const { root } = chart.machine;
  const body =
    root.type === 'parallel'
      ? [
          `state "${root.key}" as ${idOf(root)} {`,
          ...drawInside(chart, root).map(indent),
          '}',
          ...drawStandIn(chart, root),
          ...drawArrows(
            chart.arrows.filter((arrow) => homeOf(arrow, chart) === root),
            chart,
          ),
        ]
      : drawInside(chart, root);
  return `${['stateDiagram-v2', ...body.map(indent)].join('\n')}\n`;
};
