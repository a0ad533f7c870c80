import { type Colour, type Line, type Span, wrap } from '../shared/terminal/styledText.ts';
import { count, type DemoStory, type Group, type State, states } from './story.ts';
import type { TaskCounts } from './taskQueue.ts';

/** The state of the demo at one moment. */
export interface DemoStatus {
  story: DemoStory;
  tasks: TaskCounts & { workers: number };
  /** Seconds since the start. */
  seconds: number;
}

export interface ViewSize {
  columns: number;
  rows: number;
  unicode: boolean;
}

/** Explains the view to a reader without any other documentation. */
export const headline =
  'You see scaler-ecs start Fargate tasks for waiting work and stop them when the work is done.';
export const explanation =
  'Each Fargate task is a group of 2 workers. There is no AWS here: scheduler and ECS are stand-ins, ' +
  'and a Fargate task is a process on this machine. The daemon between them is the real one.';

const legend: Record<State, { width: number; colour: Colour; meaning: string }> = {
  requested: { width: 11, colour: 'magenta', meaning: 'asked ECS' },
  provisioning: { width: 14, colour: 'yellow', meaning: 'starting up' },
  running: { width: 10, colour: 'green', meaning: 'up' },
  draining: { width: 13, colour: 'cyan', meaning: 'stopping' },
  stopped: { width: 10, colour: 'blue', meaning: 'ended' },
};
const unicodeMarks = { past: '✓', now: '●', none: '·', done: '█', busy: '▒', waiting: '░' };
const asciiMarks: typeof unicodeMarks = {
  past: '+',
  now: '*',
  none: '.',
  done: '#',
  busy: '=',
  waiting: '.',
};

const label = (text: string): Span => [text.padEnd(9), 'bold'];
const tableColumns = states.reduce(
  (sum, state) => sum + legend[state].width,
  9 + '50 tasks'.length,
);
/** Maximum width of the view: longer lines are hard to read. */
const maxColumns = 110;
/** On a smaller terminal the explanation is omitted, to leave room for the groups. */
const minRowsForExplanation = 20;

/** Draws the whole view in at most `size.rows` lines. Lines may be longer than `size.columns`; `render` cuts them. */
export function drawView({ story, tasks, seconds }: DemoStatus, size: ViewSize): Line[] {
  const width = Math.min(maxColumns, size.columns);
  const marks = size.unicode ? unicodeMarks : asciiMarks;
  const activeGroups = story.groups.filter(({ state }) => state !== 'stopped').length;
  const connected = `${count(tasks.workers, 'worker')} connected`;
  const header: Line[] = [
    ...wrap(headline, width).map((text): Line => [[text, 'bold']]),
    ...(size.rows < minRowsForExplanation ? [] : wrap(explanation, width)).map(
      (text): Line => [[text]],
    ),
    [],
    taskLine(tasks, width, marks),
    [
      label('Groups'),
      [`${desiredGroupsText(story)} by the scheduler, ${activeGroups} active, with ${connected}`],
    ],
    [],
  ];
  const hasTable = width >= tableColumns;
  if (hasTable) header.push(...tableHeading());
  // Reserve below the groups: a blank line, a title and two sentences.
  const groupRows = Math.max(1, size.rows - header.length - 4);
  const groups = story.groups
    .slice(-groupRows)
    .map((group) => (hasTable ? groupRow(group, marks) : groupLine(group, marks)));
  if (groups.length === 0) groups.push([label('none yet')]);
  const sentences = story.sentences.slice(
    -Math.max(1, size.rows - header.length - groups.length - 2),
  );
  const lines: Line[] = [
    ...header,
    ...groups,
    [],
    [label('Story'), [`${seconds.toFixed(1)} s`, 'dim']],
    ...sentences.map(({ at, text }): Line => [[`${at.toFixed(1).padStart(6)} s `, 'dim'], [text]]),
  ];
  return lines.slice(0, size.rows);
}

const desiredGroupsText = ({ desiredGroups }: DemoStory): string =>
  desiredGroups === null ? 'none requested yet' : `${desiredGroups} requested`;

function taskLine(tasks: TaskCounts, columns: number, marks: typeof unicodeMarks): Line {
  const [done, running, waiting] = [tasks.completed, tasks.running, tasks.waiting].map((count) =>
    `${count}`.padStart(`${tasks.submitted}`.length),
  );
  const numbers = ` ${done} done, ${running} running, ${waiting} waiting`;
  const barWidth = Math.max(10, columns - 9 - numbers.length);
  const toCells = (taskCount: number) => Math.round((taskCount / tasks.submitted) * barWidth);
  const doneCells = toCells(tasks.completed);
  const startedCells = toCells(tasks.completed + tasks.running);
  return [
    label('Tasks'),
    [marks.done.repeat(doneCells), 'green'],
    [marks.busy.repeat(startedCells - doneCells), 'yellow'],
    [marks.waiting.repeat(barWidth - startedCells), 'dim'],
    [numbers],
  ];
}

const tableCell = (state: State, text: string, colour: Colour): Span => [
  text.padEnd(legend[state].width),
  colour,
];

const tableHeading = (): Line[] => [
  [label(''), ...states.map((state) => tableCell(state, state, legend[state].colour))],
  [
    label(''),
    ...states.map((state) => tableCell(state, legend[state].meaning, 'dim')),
    ['done', 'dim'],
  ],
];

/** A table row: the states of a group and when it entered each. */
function groupRow(group: Group, marks: typeof unicodeMarks): Line {
  const cells = states.map((state) => {
    const since = group.since[state];
    if (since === undefined) return tableCell(state, marks.none, 'dim');
    const isCurrent = state === group.state;
    const text = `${isCurrent ? marks.now : marks.past} ${since.toFixed(1)} s`;
    return tableCell(state, text, isCurrent ? legend[state].colour : 'dim');
  });
  return [label(group.name), ...cells, [count(group.activity.tasksDone, 'task')]];
}

/** One short line for terminals too narrow for the table: the current state only. */
const groupLine = (group: Group, marks: typeof unicodeMarks): Line => [
  label(group.name),
  [`${marks.now} ${group.state.padEnd(13)}`, legend[group.state].colour],
  [count(group.activity.tasksDone, 'task')],
];
