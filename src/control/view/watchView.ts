import { type Line, wrapLine } from '../../shared/terminal/styledText.ts';
import { groupRow, groupsHeading } from './groupsView.ts';
import { drawLife } from './lifeView.ts';
import { drawStatus } from './statusView.ts';
import { cursorIn, listed, type WatchState } from './watchModel.ts';
import { counted } from './words.ts';

export interface WatchSize {
  columns: number;
  rows: number;
  unicode: boolean;
}

/** Longer lines are hard to read. */
const maxColumns = 130;
/** Rows that the list of groups gets at least: heading, three groups, and the line of keys. */
const leastListRows = 6;

const help: readonly [string, string][] = [
  ['f', 'filter: all, running, booting, draining, stopping, degraded'],
  ['s', 'sort: age, state, tasks, id'],
  ['up, down', 'move; also k, j, Page Up, Page Down, Home, End'],
  ['Enter', 'open the group: what happened to it'],
  ['Esc', 'back to the list'],
  ['q', 'quit; the daemon goes on'],
];

/** Draws the whole screen in at most `rows` lines. */
export function drawWatch(state: WatchState, size: WatchSize): Line[] {
  const columns = Math.min(maxColumns, size.columns);
  const { status, trouble } = state;
  const lines: Line[] = [];
  if (trouble !== null) lines.push(...wrapLine([[trouble, 'red']], columns));
  if (status === null)
    return [...lines, [['Waiting for the daemon…', 'dim']]].slice(0, size.rows) as Line[];
  if (state.isHelp) lines.push(...helpLines());
  else if (state.opened !== null) lines.push(...openedLines(state, columns, status.at));
  else {
    const top = fitted(state, { ...size, columns, rows: size.rows - lines.length });
    lines.push(...top, ...listLines(state, size.rows - lines.length - top.length, status.at));
  }
  const keys: Line = [
    [
      state.opened === null ? 'q quit  f filter  s sort  Enter open  ? keys' : 'Esc back  q quit',
      'dim',
    ],
  ];
  const shown = lines.slice(0, size.rows - 1);
  const blank = Array.from({ length: size.rows - 1 - shown.length }, (): Line => []);
  return [...shown, ...blank, keys];
}

/** The status, in as much detail as leaves room for the list. */
function fitted({ status }: WatchState, { rows, columns, unicode }: WatchSize): Line[] {
  if (status === null) return [];
  let lines: Line[] = [];
  for (let detail = 5; detail >= 1; detail--) {
    lines = drawStatus(status, { columns, unicode, detail });
    if (lines.length + leastListRows <= rows) return [...lines, []];
  }
  return [...lines.slice(0, Math.max(4, rows - leastListRows)), []];
}

function helpLines(): Line[] {
  return [
    [['Keys', 'bold']],
    [],
    ...help.map(([key, what]): Line => [[key.padEnd(10), 'bold'], [what]]),
    [],
    [['Any key goes back.', 'dim']],
  ];
}

function openedLines({ opened, life }: WatchState, columns: number, now: number): Line[] {
  if (life === null) return [[[`Group ${opened}`, 'bold']], [['…', 'dim']]];
  return drawLife(life, columns, now);
}

function listLines(state: WatchState, rows: number, now: number): Line[] {
  const list = listed(state);
  const cursor = cursorIn(list, state);
  // Title, heading and the line of keys.
  const window = Math.max(1, rows - 3);
  const first = Math.max(0, Math.min(cursor - Math.floor(window / 2), list.length - window));
  const part = list.slice(first, first + window);
  const range = list.length > window ? `, ${first + 1} to ${first + part.length}` : '';
  const title: Line = [
    ['Groups     ', 'bold'],
    [`${state.filter}: ${counted(list.length, 'group')}, by ${state.order}${range}`, 'dim'],
  ];
  if (list.length === 0) return [title, [['  none', 'dim']]];
  return [
    title,
    [['  '], ...groupsHeading()],
    ...part.map((group, index): Line => {
      const isSelected = first + index === cursor;
      return [[isSelected ? '> ' : '  ', 'bold'], ...groupRow(group, now)];
    }),
  ];
}
