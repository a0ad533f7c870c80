import { type Arrow, type Chart, pathOf, type State } from './chart.ts';
import { makingOf } from './words.ts';

/** Empty columns are left out. */
const table = (head: string[], rows: string[][]): string => {
  const told = head.map((_, i) => rows.some((cells) => cells[i] !== ''));
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => cells.filter((_, i) => told[i]))
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`)
    .join('');
};

const code = (text: string): string => `\`${text}\``;
const codes = (texts: string[]): string => texts.map(code).join(', ');

const stateName = ({ node }: Pick<State, 'node'>): string =>
  node.parent ? code(pathOf(node)) : 'the whole';

/** Arrows that differ only in where they start share a row. */
const grouped = (arrows: Arrow[]): Arrow[][] => {
  const groups = new Map<string, Arrow[]>();
  for (const arrow of arrows) {
    const { event, guard, to, actions } = arrow;
    const key = JSON.stringify([event, guard, to?.id, actions]);
    groups.set(key, [...(groups.get(key) ?? []), arrow]);
  }
  return [...groups.values()];
};

export const eventTable = ({ arrows }: Chart): string =>
  table(
    ['Event', 'If', 'From', 'To', 'Actions'],
    grouped(arrows.filter(({ to, actions }) => to !== null || actions.length > 0)).flatMap(
      ([first, ...others]) =>
        first
          ? [
              [
                code(first.event),
                first.guard === null ? '' : first.guard === 'else' ? 'else' : code(first.guard),
                [first, ...others].map(({ from }) => stateName({ node: from })).join(', '),
                first.to === null ? 'stays' : code(pathOf(first.to)),
                codes(first.actions),
              ],
            ]
          : [],
    ),
  );

export const stateTable = ({ states }: Chart): string =>
  table(
    ['State', 'On entry', 'Runs', 'On exit', 'Why'],
    states
      .filter(
        ({ node, note, entry, exit, invokes }) =>
          note !== null || node.type === 'final' || entry.length + exit.length + invokes.length > 0,
      )
      .map((state) => [
        stateName(state) + (state.node.type === 'final' ? ' (final)' : ''),
        codes(state.entry),
        codes(state.invokes),
        codes(state.exit),
        state.note ?? '',
      ]),
  );

/** What actions do that are made of XState's own. */
export const actionTable = (chart: Chart): string => {
  const used = new Set(
    [
      ...chart.states.flatMap(({ entry, exit }) => [...entry, ...exit]),
      ...chart.arrows.flatMap(({ actions }) => actions),
    ].map((action) => action.replace(/\(.*/, '')),
  );
  const rows = [...used].sort().flatMap((name) => {
    const made = makingOf(chart.machine, name);
    return made === undefined ? [] : [[code(name), made]];
  });
  return rows.length > 0 ? table(['Action', 'What it does'], rows) : '';
};
