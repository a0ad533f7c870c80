import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { children } from './chart.ts';
import type { Tree } from './layout.ts';

const isMachine = (logic: unknown): logic is AnyStateMachine =>
  typeof logic === 'object' && logic !== null && 'root' in logic;

const invoked = (node: AnyStateNode): unknown[] => [
  ...node.invoke.map(({ src }) => src),
  ...children(node).flatMap(invoked),
];

/** The actors that each machine starts, as a Mermaid flowchart: boxes are machines, rounded boxes are effects. */
export const actorTree = (root: AnyStateMachine): string => {
  const lines: string[] = [`  ${root.id}[${root.id}]`];
  const visit = (machine: AnyStateMachine): void => {
    const always = new Set(invoked(machine.root));
    for (const [name, logic] of Object.entries(machine.implementations.actors)) {
      const box = isMachine(logic) ? `${name}[${name}]` : `${name}([${name}])`;
      lines.push(`  ${machine.id} ${always.has(name) ? '-->' : '-- many -->'} ${box}`);
      if (isMachine(logic)) visit(logic);
    }
  };
  visit(root);
  return `${['flowchart LR', ...lines].join('\n')}\n`;
};

/** The same as data. */
export const treeOf = (machine: AnyStateMachine, name = machine.id, many = false): Tree => {
  const always = new Set(invoked(machine.root));
  return {
    ...{ name, many, isEffect: false },
    inside: Object.entries(machine.implementations.actors).map(([child, logic]) =>
      isMachine(logic)
        ? treeOf(logic, child, !always.has(child))
        : { name: child, many: !always.has(child), isEffect: true, inside: [] },
    ),
  };
};

/** The machine and every machine below it, each once, parents first. */
export const machinesBelow = (root: AnyStateMachine): AnyStateMachine[] => [
  ...new Map(
    [
      root,
      ...Object.values(root.implementations.actors).filter(isMachine).flatMap(machinesBelow),
    ].map((machine) => [machine.id, machine]),
  ).values(),
];
