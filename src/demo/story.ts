import { taskIdOf } from '../../machines/shared/ids.ts';
import { type EventName, events } from '../telemetry/events.ts';
import { sentenceOf } from '../telemetry/sentence.ts';
import type { LogLine } from './daemonProcess.ts';
import type { SchedulerEvent } from './scheduler.ts';

/** The states of the daemon's worker groups, in the order of a normal lifecycle. */
export const states = ['requested', 'provisioning', 'running', 'draining', 'stopped'] as const;
export type State = (typeof states)[number];

export interface Group {
  name: string;
  state: State;
  /** When the group entered each state, in seconds since the start. */
  since: Partial<Record<State, number>>;
  /** Id of its Fargate task; null until RunTask has answered. */
  taskId: string | null;
  activity: TaskActivity;
}

/** Connected workers and completed tasks of one Fargate task, as the scheduler counts them. */
export interface TaskActivity {
  workers: number;
  tasksDone: number;
}

/** One event, as a sentence. `at`: seconds since the start. */
export interface TimedSentence {
  at: number;
  text: string;
}

const isState = (word: unknown): word is State => states.includes(word as State);
export const count = (amount: number, thing: string): string =>
  `${amount} ${thing}${amount === 1 ? '' : 's'}`;

/** A worker id contains the id of its Fargate task: `Worker|ECS-<task id>|<random>`. */
const taskIdIn = (worker: string): string => /ECS-(\w+)/.exec(worker)?.[1] ?? '';

/** Groups and events of the demo, from the daemon's log and the scheduler's events. */
export class DemoStory {
  readonly groups: Group[] = [];
  readonly sentences: TimedSentence[] = [];
  /** Number of groups that the scheduler requests; null until the first request. */
  desiredGroups: number | null = null;
  readonly #workersPerGroup: number;
  readonly #seconds: () => number;
  readonly #byActor = new Map<string, Group>();
  readonly #lastSaid = new Map<Group, string>();
  /** By Fargate task id: a worker may join the scheduler before the daemon logs the task of its group. */
  readonly #activityByTaskId = new Map<string, TaskActivity>();

  constructor(workersPerGroup: number, seconds: () => number) {
    this.#workersPerGroup = workersPerGroup;
    this.#seconds = seconds;
  }

  addSentence(text: string): void {
    // Control characters could move the terminal's cursor.
    this.sentences.push({ at: this.#seconds(), text: text.replaceAll(/\p{Cc}+/gu, ' ').trim() });
  }

  /** Takes a line of the daemon's log. */
  onLogLine(line: LogLine): void {
    if (line.event === 'demand.changed') this.#onDesired(Number(line.tasks));
    else if (line.event === 'group.stateChanged') this.#onGroupState(line);
    else if (line.event === 'launch.stateChanged') this.#onLaunchState(line);
    else if (line.level === 'warn' || line.level === 'error')
      this.addSentence(`Daemon log: ${wordsOf(line)}`);
  }

  /** Takes an event of the scheduler. */
  onSchedulerEvent(event: SchedulerEvent): void {
    if (event.type === 'manager.joined') {
      const maxGroups = Math.floor(event.cap / this.#workersPerGroup);
      this.addSentence(
        `The daemon connects to the scheduler and offers up to ${count(maxGroups, 'group')}.`,
      );
      return;
    }
    const taskId = taskIdIn(event.worker);
    const activity = this.#activityOf(taskId);
    if (event.type === 'task.done') activity.tasksDone++;
    else if (event.type === 'worker.left') activity.workers--;
    else if (++activity.workers === this.#workersPerGroup) {
      const name = this.groups.find((group) => group.taskId === taskId)?.name ?? 'A group';
      this.addSentence(`${name}: its ${count(activity.workers, 'worker')} joined the scheduler.`);
    }
  }

  get hasActiveGroups(): boolean {
    return this.groups.some(({ state }) => state !== 'stopped');
  }

  #onDesired(groups: number): void {
    const before = this.desiredGroups ?? 0;
    this.desiredGroups = groups;
    if (groups === 0) this.addSentence('All tasks are done: the scheduler requests no groups.');
    else if (groups < before)
      this.addSentence(
        `For the remaining tasks, the scheduler requests ${count(groups, 'group')}.`,
      );
    else
      this.addSentence(
        `The scheduler requests ${count(groups, 'group')} of ${this.#workersPerGroup} workers.`,
      );
  }

  #onLaunchState({ state, groups }: LogLine): void {
    if (state !== 'journaling' || !Array.isArray(groups)) return;
    for (const group of groups) this.#onGroupState({ group, state: 'requested' });
  }

  #onGroupState({ group: actor, state: path, task, cause }: Partial<LogLine>): void {
    if (typeof actor !== 'string' || typeof path !== 'string') return;
    const [state, detail] = path.split('.');
    if (!isState(state)) return;
    const known = this.#byActor.get(actor);
    // Its launch has told it already.
    if (known && state === 'requested') return;
    const group = known ?? this.#addGroup(actor);
    // A drain may be cancelled: then the group returns to an earlier state.
    for (const later of states.slice(states.indexOf(state) + 1)) delete group.since[later];
    group.state = state;
    group.since[state] ??= this.#seconds();
    if (typeof task === 'string') {
      group.taskId = taskIdOf(task);
      group.activity = this.#activityOf(group.taskId);
    }
    const text = `${group.name}: ${sentenceFor(group, detail, cause)}`;
    // One state of a drain has several steps of which a person need not know.
    if (this.#lastSaid.get(group) === text) return;
    this.#lastSaid.set(group, text);
    this.addSentence(text);
  }

  #activityOf(taskId: string): TaskActivity {
    const activity = this.#activityByTaskId.get(taskId) ?? { workers: 0, tasksDone: 0 };
    this.#activityByTaskId.set(taskId, activity);
    return activity;
  }

  #addGroup(actor: string): Group {
    const group: Group = {
      name: `Group ${this.groups.length + 1}`,
      state: 'requested',
      since: {},
      taskId: null,
      activity: { workers: 0, tasksDone: 0 },
    };
    this.groups.push(group);
    this.#byActor.set(actor, group);
    return group;
  }
}

/** The sentence of the event; of one that the table of events does not have, its name. */
function wordsOf(line: LogLine): string {
  return Object.hasOwn(events, line.event)
    ? sentenceOf(line.event as EventName, line)
    : `${line.event} ${line.reason ?? ''}`;
}

function sentenceFor({ state, taskId, activity }: Group, detail: unknown, cause: unknown): string {
  switch (state) {
    case 'requested':
      return 'requested. The daemon calls RunTask.';
    case 'provisioning':
      return `provisioning. ECS starts Fargate task ${taskId?.slice(0, 8)}.`;
    case 'running':
      return 'running.';
    case 'draining':
      return detail === 'waiting'
        ? 'draining. It stops when its workers are idle.'
        : 'draining. The daemon calls StopTask.';
    case 'stopped': {
      const why = cause === 'drained' ? '' : ` (${cause})`;
      return `stopped${why} after ${count(activity.tasksDone, 'task')}.`;
    }
  }
}
