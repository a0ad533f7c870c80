import { describe, expect, it } from 'vitest';
import { formats } from '../../../src/paths/formats.ts';
import { graphOf } from '../../../src/paths/graph.ts';
import { modelled } from '../../../src/paths/machines.ts';
import { coveringPaths } from '../../../src/paths/walks.ts';

/** Those whose models are small; the others are explored by the tests of their machines. */
const quick = modelled.filter(({ machine: { id } }) =>
  ['daemon', 'monitor', 'workerGroup', 'launch'].includes(id),
);

describe('coveringPaths', () => {
  it.each(quick.map((each) => [each.machine.id, each] as const))(
    'of %s take every transition of the chart, in steps that the chart allows',
    (_, each) => {
      const paths = coveringPaths(each);
      const graph = graphOf(each.machine);
      const taken = new Set(paths.flatMap(({ steps }) => steps.flatMap(({ edges }) => edges)));
      expect([...taken].sort()).toEqual([...graph.edges].sort());
      for (const { start, steps } of paths) {
        let value = start;
        for (const { edges, state } of steps) {
          for (const edge of edges) value = graph.after(value, edge) ?? 'not allowed';
          expect(value).toEqual(state.value);
        }
      }
    },
    60_000,
  );

  it('hold no path that is the beginning of another', () => {
    const [launch] = modelled.filter(({ machine }) => machine.id === 'launch');
    const texts = coveringPaths(launch as never).map(({ steps }) =>
      steps.map(({ event }) => JSON.stringify(event)).join(),
    );
    for (const text of texts)
      expect(texts.filter((other) => other !== text && other.startsWith(`${text},`))).toEqual([]);
  });
});

describe('the formats of paths', () => {
  const [group] = modelled.filter(({ machine }) => machine.id === 'workerGroup');
  const all = [{ of: group as never, paths: coveringPaths(group as never) }];

  it('are read by a person, or as JSON', () => {
    expect(formats.text(all)).toMatch(/workerGroup 1: .* in requested/);
    expect(formats.markdown(all)).toContain('- [ ] starts in `requested`');
    const parsed = JSON.parse(formats.json(all));
    expect(parsed[0]).toMatchObject({ machine: 'workerGroup', start: 'requested' });
    expect(parsed[0].steps[0].edges[0]).toMatch(/^(requested)?\//);
  });

  it('write a test file with every path, and errors that keep their kind', () => {
    const text = formats.vitest(all);
    expect(text.match(/^ {2}it\(/gm)).toHaveLength(all[0]?.paths.length ?? 0);
    expect(text).toContain('failed("throttled")');
  });
});
