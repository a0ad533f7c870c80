import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type AnyStateMachine, createMachine } from 'xstate';
import { daemon } from '../machines/daemon/daemon.ts';
import { machinesBelow } from '../src/diagrams/actorTree.ts';
import { chartOf } from '../src/diagrams/chart.ts';
import { gallery } from '../src/diagrams/gallery.ts';

const folder = new URL('../diagrams/', import.meta.url);
const files = await gallery();

it('the committed diagrams are what npm run diagrams writes', () => {
  const found = readdirSync(folder).map((name) => [
    name,
    readFileSync(new URL(name, folder), 'utf8'),
  ]);
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(files));
});

it('the diagrams hold no internal names of XState and no unnamed action or guard', () => {
  for (const [name, text] of files)
    if (!name.endsWith('.json'))
      expect(text.replaceAll(/ data-edges="[^"]*"/g, '')).not.toMatch(
        /\[object|undefined|xstate\.|=>|an action|a condition|set context/,
      );
});

it('the page of diagrams shows every diagram', () => {
  const page = files.get('README.md');
  for (const [name, text] of files) {
    if (name.endsWith('.mmd')) expect(page).toContain(text);
    if (name.endsWith('.svg')) expect(page).toContain(`](${name})`);
  }
});

const machines = machinesBelow(daemon);

describe('the JSON of each machine', () => {
  const comparable = (machine: AnyStateMachine) => {
    const { states, arrows } = chartOf(machine);
    return {
      states: states.map(({ node, note, entry, exit, invokes }) => ({
        ...{ path: node.path, type: node.type, note, entry, exit, invokes },
      })),
      arrows: arrows.map(({ id, from, to, guard, actions }) => ({
        ...{ id, from: from.id, to: to?.id ?? null, guard, actions },
      })),
    };
  };

  it.each(machines.map((machine) => machine.id))('%s is the same graph in createMachine', (id) => {
    const machine = machines.find((one) => one.id === id) as AnyStateMachine;
    const text = files.get(`${id}.json`) as string;
    expect(comparable(createMachine(JSON.parse(text)))).toEqual(comparable(machine));
  });
});

describe('the pictures', () => {
  it.each(machines.map((machine) => machine.id))(
    '%s shows every state and every transition',
    (id) => {
      const { states, arrows } = chartOf(machines.find((one) => one.id === id) as AnyStateMachine);
      const svg = files.get(`${id}.svg`) as string;
      const named = (attribute: string) =>
        new Set(
          [...svg.matchAll(new RegExp(`${attribute}="([^"]+)"`, 'g'))].flatMap(([, names = '']) =>
            names.split(' '),
          ),
        );
      const paths = states.flatMap(({ node }) =>
        node.path.length > 0 ? [node.path.join('.')] : [],
      );
      expect([...named('data-state')].sort()).toEqual(paths.sort());
      expect([...named('data-edges')].sort()).toEqual(arrows.map(({ id }) => id).sort());
    },
  );

  it('are readable at the width of a README', () => {
    const widths = [...files].flatMap(([name, text]) =>
      name.endsWith('.svg') ? [[name, Number(/ width="(\d+)"/.exec(text)?.[1])] as const] : [],
    );
    // GitHub shows 900 pixels: letters of 11 pixels stay above 8.
    expect(widths.filter(([, width]) => width > 1200)).toEqual([]);
  });
});
