import type { GroupStatus } from '../../../machines/cohort/groupStatus.ts';
import type { Colour, Line, Span } from '../../shared/terminal/styledText.ts';
import { visible } from '../../telemetry/sentence.ts';
import { shortDuration, shortTask } from './words.ts';

/** What a person calls the categories. */
const stateWords: Record<GroupStatus['category'], [string, Colour]> = {
  pending: ['booting', 'yellow'],
  idle: ['idle', 'blue'],
  busy: ['busy', 'green'],
  drainPending: ['draining', 'cyan'],
  cancelled: ['draining', 'cyan'],
  stopping: ['stopping', 'magenta'],
};

export function stateText({ category }: Pick<GroupStatus, 'category'>): string {
  return stateWords[category][0];
}

export const filters = ['all', 'running', 'booting', 'draining', 'stopping', 'degraded'] as const;
export type Filter = (typeof filters)[number];

export function passes(filter: Filter, group: GroupStatus): boolean {
  if (filter === 'all') return true;
  if (filter === 'degraded') return group.trouble !== null;
  const state = stateText(group);
  return filter === 'running' ? state === 'idle' || state === 'busy' : state === filter;
}

export const orders = ['age', 'state', 'tasks', 'id'] as const;
export type Order = (typeof orders)[number];

const createdAt = (group: GroupStatus): number => group.createdAt ?? group.deadlinesFrom;
const byId = (a: GroupStatus, b: GroupStatus): number =>
  a.groupId.localeCompare(b.groupId, 'en', { numeric: true });

/** Youngest first, by state, most tasks first, or by id. */
const compare: Record<Order, (a: GroupStatus, b: GroupStatus) => number> = {
  age: (a, b) => createdAt(b) - createdAt(a) || byId(a, b),
  state: (a, b) => stateText(a).localeCompare(stateText(b)) || byId(a, b),
  tasks: (a, b) => (b.tasks ?? -1) - (a.tasks ?? -1) || byId(a, b),
  id: byId,
};

export function sorted(groups: readonly GroupStatus[], order: Order): GroupStatus[] {
  return groups.toSorted(compare[order]);
}

const widths = { group: 22, state: 10, age: 6, workers: 9, tasks: 7, task: 10 };

export function groupsHeading(): Line {
  const names = ['GROUP', 'STATE', 'AGE', 'WORKERS', 'TASKS', 'TASK ID'];
  const cells = Object.values(widths).map((width, index) => (names[index] ?? '').padEnd(width));
  return [[`${cells.join('')}TROUBLE`, 'dim']];
}

/** A row of the table of groups. */
export function groupRow(group: GroupStatus, now: number): Line {
  const [word, colour] = stateWords[group.category];
  const cell = (text: string, width: number): Span => [text.padEnd(width)];
  return [
    cell(group.groupId, widths.group),
    [word.padEnd(widths.state), colour],
    cell(shortDuration(now - createdAt(group)), widths.age),
    cell(group.workers === null ? '-' : String(group.workers), widths.workers),
    cell(group.tasks === null ? '-' : String(group.tasks), widths.tasks),
    cell(shortTask(group.taskArn), widths.task),
    [visible(group.trouble ?? ''), 'yellow'],
  ];
}
