import { type Colour, type Line, type Span, wrap } from './span.ts';
import { count, type Group, type State, type Story, states } from './story.ts';
import type { TaskCounts } from './taskQueue.ts';

/** What there is to see at one moment. */
export interface Scene {
  story: Story;
  tasks: TaskCounts & { workers: number };
  /** Since the start. */
  seconds: number;
}

export interface Paper {
  columns: number;
  rows: number;
  unicode: boolean;
}

/** In plain words, for who has read nothing: what is seen, and what it is made of. */
export const headline =
  'You see scaler-ecs start Fargate tasks for waiting work and stop them after it.';
export const explanation =
  'Each Fargate task is a group of 2 workers. There is no AWS here: scheduler and ECS are stand-ins, ' +
  'and a Fargate task is a process on this machine. The daemon between them is the real one.';

const legend: Record<State, { width: number; colour: Colour; meaning: string }> = {
  requested: { width: 11, colour: 'magenta', meaning: 'ECS asked' },
  provisioning: { width: 14, colour: 'yellow', meaning: 'starting up' },
  running: { width: 10, colour: 'green', meaning: 'working' },
  draining: { width: 13, colour: 'cyan', meaning: 'told to end' },
  stopped: { width: 10, colour: 'blue', meaning: 'gone' },
};
const pretty = { past: '✓', now: '●', none: '·', done: '█', busy: '▒', waiting: '░' };
const ascii: typeof pretty = { past: '+', now: '*', none: '.', done: '#', busy: '=', waiting: '.' };

const label = (text: string): Span => [text.padEnd(9), 'bold'];
const tableColumns = states.reduce(
  (sum, state) => sum + legend[state].width,
  9 + '50 tasks'.length,
);
/** Beyond this a line is hard to read, and a bar says no more. */
const widest = 110;
/** On less, the groups need the room that the explanation would take. */
const tallEnough = 20;

/** A picture of the whole demo, of at most so many lines; they may have to be cut at the right. */
export function draw({ story, tasks, seconds }: Scene, paper: Paper): Line[] {
  const columns = Math.min(widest, paper.columns);
  const marks = paper.unicode ? pretty : ascii;
  const there = story.groups.filter(({ state }) => state !== 'stopped').length;
  const connected = `${count(tasks.workers, 'worker')} connected`;
  const top: Line[] = [
    ...wrap(headline, columns).map((text): Line => [[text, 'bold']]),
    ...(paper.rows < tallEnough ? [] : wrap(explanation, columns)).map((text): Line => [[text]]),
    [],
    taskLine(tasks, columns, marks),
    [label('Groups'), [`${wanted(story)} by the scheduler, ${there} there, with ${connected}`]],
    [],
  ];
  const table = columns >= tableColumns;
  if (table) top.push(...heading());
  // Below the groups: a blank line, a title and at least two sentences.
  const space = Math.max(1, paper.rows - top.length - 4);
  const groups = story.groups
    .slice(-space)
    .map((group) => (table ? journey(group, marks) : stop(group, marks)));
  if (groups.length === 0) groups.push([label('none yet')]);
  const past = story.sentences.slice(-Math.max(1, paper.rows - top.length - groups.length - 2));
  const lines: Line[] = [
    ...top,
    ...groups,
    [],
    [label('Story'), [`${seconds.toFixed(1)} s`, 'dim']],
    ...past.map(({ at, text }): Line => [[`${at.toFixed(1).padStart(6)} s `, 'dim'], [text]]),
  ];
  return lines.slice(0, paper.rows);
}

const wanted = ({ wanted }: Story): string =>
  wanted === null ? 'none wanted yet' : `${wanted} wanted`;

function taskLine(tasks: TaskCounts, columns: number, marks: typeof pretty): Line {
  const [done, running, waiting] = [tasks.completed, tasks.running, tasks.waiting].map((many) =>
    `${many}`.padStart(`${tasks.submitted}`.length),
  );
  const numbers = ` ${done} done, ${running} running, ${waiting} waiting`;
  const room = Math.max(10, columns - 9 - numbers.length);
  const cells = (many: number) => Math.round((many / tasks.submitted) * room);
  const full = cells(tasks.completed);
  const begun = cells(tasks.completed + tasks.running);
  return [
    label('Tasks'),
    [marks.done.repeat(full), 'green'],
    [marks.busy.repeat(begun - full), 'yellow'],
    [marks.waiting.repeat(room - begun), 'dim'],
    [numbers],
  ];
}

const cell = (state: State, text: string, colour: Colour): Span => [
  text.padEnd(legend[state].width),
  colour,
];

const heading = (): Line[] => [
  [label(''), ...states.map((state) => cell(state, state, legend[state].colour))],
  [
    label(''),
    ...states.map((state) => cell(state, legend[state].meaning, 'dim')),
    ['has done', 'dim'],
  ],
];

/** The way of a group through its states, and when it came to each. */
function journey(group: Group, marks: typeof pretty): Line {
  const cells = states.map((state) => {
    const since = group.since[state];
    if (since === undefined) return cell(state, marks.none, 'dim');
    const here = state === group.state;
    const text = `${here ? marks.now : marks.past} ${since.toFixed(1)} s`;
    return cell(state, text, here ? legend[state].colour : 'dim');
  });
  return [label(group.name), ...cells, [count(group.crew.tasksDone, 'task')]];
}

/** Where there is no room for the way: where it is. */
const stop = (group: Group, marks: typeof pretty): Line => [
  label(group.name),
  [`${marks.now} ${group.state.padEnd(13)}`, legend[group.state].colour],
  [count(group.crew.tasksDone, 'task')],
];
