import type { AnyMachineSnapshot, EventObject } from 'xstate';
import { partsOfEdge } from '../shared/edgeIds.ts';
import type { Modelled } from './machines.ts';
import type { Path, PathStep } from './walks.ts';

export interface MachinePaths {
  of: Modelled;
  paths: Path[];
}

type Value = AnyMachineSnapshot['value'];

export const valueWords = (value: Value): string =>
  typeof value === 'string' ? value : JSON.stringify(value).replaceAll('"', '');

/** An event as JSON: an error with its message and kind. */
function plainEvent(event: EventObject): object {
  return JSON.parse(
    JSON.stringify(event, (_, value) => {
      if (!(value instanceof Error)) return value;
      const { name, message, kind } = value as Error & { kind?: string };
      return { name, message, ...(kind !== undefined && { kind }) };
    }),
  );
}

const fieldsOf = (event: EventObject): string => {
  const { type: _, ...fields } = plainEvent(event) as EventObject;
  const text = JSON.stringify(fields);
  return text === '{}' ? '' : ` ${text}`;
};

const stepLine = ({ event, state }: PathStep): string =>
  `${event.type}${fieldsOf(event)} → ${valueWords(state.value)}`;

const titleOf = ({ steps }: Path): string => {
  const edges = steps.at(-1)?.edges ?? [];
  return edges
    .map((edge) => {
      const { state, event, position } = partsOfEdge(edge);
      return `${event} in ${state || 'any state'}${position > 0 ? ` (${position + 1})` : ''}`;
    })
    .join(', ');
};

function toText(all: MachinePaths[]): string {
  return all
    .map(({ of: { machine }, paths }) => {
      const blocks = paths.map((path, i) =>
        [
          `${machine.id} ${i + 1}: ${titleOf(path)}`,
          `  starts in ${valueWords(path.start)}`,
          ...path.steps.map((step) => `  ${stepLine(step)}`),
        ].join('\n'),
      );
      return `${blocks.join('\n\n')}\n`;
    })
    .join('\n');
}

function toJson(all: MachinePaths[]): string {
  const plain = all.flatMap(({ paths }) =>
    paths.map(({ machine, input, start, steps }) => ({
      ...{ machine, input, start },
      steps: steps.map(({ event, state, edges }) => ({
        ...{ event: plainEvent(event), state: state.value, edges },
      })),
    })),
  );
  return `${JSON.stringify(plain, null, 2)}\n`;
}

function toMarkdown(all: MachinePaths[]): string {
  return all
    .map(({ of: { machine }, paths }) => {
      const chapters = paths.map((path, i) =>
        [
          `### ${i + 1}. ${titleOf(path)}\n`,
          `- [ ] starts in \`${valueWords(path.start)}\``,
          ...path.steps.map(
            ({ event, state }) =>
              `- [ ] \`${event.type}${fieldsOf(event)}\` leads to \`${valueWords(state.value)}\``,
          ),
        ].join('\n'),
      );
      return `## ${machine.id}\n\n${machine.root.description ?? ''}\n\n${chapters.join('\n\n')}\n`;
    })
    .join('\n');
}

/** JSON, with errors as `failed(message, kind)`. */
function codeOf(value: unknown): string {
  if (value instanceof Error) {
    const { message, kind } = value as Error & { kind?: string };
    return `failed(${JSON.stringify(message)}${kind === undefined ? '' : `, ${JSON.stringify(kind)}`})`;
  }
  if (Array.isArray(value)) return `[${value.map(codeOf).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return `{ ${entries.map(([key, inner]) => `${JSON.stringify(key)}: ${codeOf(inner)}`).join(', ')} }`;
}

/** A test file that needs nothing but Vitest, XState and this package. */
function toVitest(all: MachinePaths[]): string {
  const imports = [
    "import { describe, expect, it } from 'vitest';",
    "import { type AnyStateMachine, initialTransition, transition } from 'xstate';",
    ...all.map(
      ({ of: { machine, module } }) =>
        `import { ${machine.id} } from 'scaler-ecs/machines/${module}';`,
    ),
  ];
  const suites = all.map(({ of: { machine }, paths }) => {
    const tests = paths.map((path, i) => {
      const steps = path.steps.map(
        ({ event, state }) => `      [${codeOf(event)}, ${codeOf(state.value)}],`,
      );
      const title = JSON.stringify(`${i + 1}: ${titleOf(path)}`);
      return `  it(${title}, () => {\n    walk(${machine.id}, ${codeOf(path.input)}, ${codeOf(path.start)}, [\n${steps.join('\n')}\n    ]);\n  });`;
    });
    return `describe('${machine.id}', () => {\n${tests.join('\n')}\n});\n`;
  });
  return `// Written by scaler-ecs paths --format vitest.
${imports.join('\n')}

const failed = (message: string, kind?: string) =>
  Object.assign(new Error(message), kind === undefined ? {} : { kind });

/** Effects do not run: what they answer is an event of the walk. */
function walk(machine: unknown, input: unknown, start: unknown, steps: [event: object, value: unknown][]) {
  const logic = machine as AnyStateMachine;
  let [snapshot] = initialTransition(logic, input as never);
  expect(snapshot.value).toEqual(start);
  for (const [event, value] of steps) {
    [snapshot] = transition(logic, snapshot, event as never);
    expect(snapshot.value).toEqual(value);
  }
}

${suites.join('\n')}`;
}

export const formats = { text: toText, json: toJson, markdown: toMarkdown, vitest: toVitest };
export type Format = keyof typeof formats;
