import type { LogLine } from './daemonProcess.ts';
import type { SchedulerEvent } from './scheduler.ts';

/** The states of the daemon's worker groups, in the order in which a group takes them. */
export const states = ['requested', 'provisioning', 'running', 'draining', 'stopped'] as const;
export type State = (typeof states)[number];

export interface Group {
  name: string;
  state: State;
  /** When it entered each state, in seconds since the start. */
  since: Partial<Record<State, number>>;
  /** Id of its Fargate task; null until ECS has given it one. */
  taskId: string | null;
  activity: TaskActivity;
}

/** The workers in one Fargate task, as the scheduler knows them. */
export interface TaskActivity {
  workers: number;
  tasksDone: number;
}

/** One thing that happened, in a sentence. `at`: seconds since the start. */
export interface TimedSentence {
  at: number;
  text: string;
}

const isState = (word: unknown): word is State => states.includes(word as State);
export const count = (amount: number, thing: string): string =>
  `${amount} ${thing}${amount === 1 ? '' : 's'}`;

/** A worker's id names the Fargate task it runs in: `Worker|ECS-<task id>|<random>`. */
const taskIdIn = (worker: string): string => /ECS-(\w+)/.exec(worker)?.[1] ?? '';

/** What a spectator is told, put together from the daemon's log and from what the scheduler sees. */
export class DemoStory {
  readonly groups: Group[] = [];
  readonly sentences: TimedSentence[] = [];
  /** Groups that the scheduler wants; null until the daemon has heard of it. */
  desiredGroups: number | null = null;
  readonly #workersPerGroup: number;
  readonly #seconds: () => number;
  readonly #byActor = new Map<string, Group>();
  /** By Fargate task; the scheduler may hear of one before the daemon's log has told whose it is. */
  readonly #activityByTaskId = new Map<string, TaskActivity>();

  constructor(workersPerGroup: number, seconds: () => number) {
    this.#workersPerGroup = workersPerGroup;
    this.#seconds = seconds;
  }

  addSentence(text: string): void {
    // What others say must not move the terminal's cursor.
    this.sentences.push({ at: this.#seconds(), text: text.replaceAll(/\p{Cc}+/gu, ' ').trim() });
  }

  /** A line of the daemon's log. */
  onLogLine(line: LogLine): void {
    if (line.event === 'scheduler.wants') this.#onDesired(Number(line.tasks));
    else if (line.event === 'workerGroup.state') this.#onGroupState(line);
    else if (line.event === 'launch.state') this.#onLaunchState(line);
    else if (line.level !== 'info')
      this.addSentence(`The daemon says: ${line.event} ${line.reason ?? ''}`);
  }

  /** Something the scheduler has seen. */
  onSchedulerEvent(event: SchedulerEvent): void {
    if (event.type === 'manager.joined') {
      const maxGroups = Math.floor(event.cap / this.#workersPerGroup);
      this.addSentence(
        `The daemon reports to the scheduler and offers up to ${count(maxGroups, 'group')}.`,
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
    if (groups === 0)
      this.addSentence('Nothing is left to do: the scheduler wants no group any more.');
    else if (groups < before)
      this.addSentence(
        `For the tasks that are left, the scheduler wants ${count(groups, 'group')}.`,
      );
    else
      this.addSentence(
        `The scheduler wants ${count(groups, 'group')} of ${this.#workersPerGroup} workers.`,
      );
  }

  #onLaunchState({ state, groups }: LogLine): void {
    if (state !== 'intending' || !Array.isArray(groups)) return;
    for (const group of groups) this.#onGroupState({ group, state: 'requested' });
  }

  #onGroupState({ group: actor, state: path, task, cause }: Partial<LogLine>): void {
    if (typeof actor !== 'string' || typeof path !== 'string') return;
    const [state, detail] = path.split('.');
    if (!isState(state)) return;
    const group = this.#byActor.get(actor) ?? this.#addGroup(actor);
    // A group may be had back while it drains.
    for (const later of states.slice(states.indexOf(state) + 1)) delete group.since[later];
    group.state = state;
    group.since[state] ??= this.#seconds();
    if (typeof task === 'string') {
      group.taskId = task.slice(task.lastIndexOf('/') + 1);
      group.activity = this.#activityOf(group.taskId);
    }
    this.addSentence(`${group.name}: ${sentenceFor(group, detail, cause)}`);
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

function sentenceFor({ state, taskId, activity }: Group, detail: unknown, cause: unknown): string {
  switch (state) {
    case 'requested':
      return 'requested. The daemon calls RunTask of ECS.';
    case 'provisioning':
      return `provisioning. ECS prepares Fargate task ${taskId?.slice(0, 8)}.`;
    case 'running':
      return 'running, as the daemon has noticed.';
    case 'draining':
      return detail === 'waiting'
        ? 'draining. It is to end once its workers are idle.'
        : 'draining. The daemon calls StopTask of ECS.';
    case 'stopped': {
      const why = cause === 'drained' ? '' : ` (${cause})`;
      return `stopped${why} after ${count(activity.tasksDone, 'task')}. Nothing of it is left.`;
    }
  }
}
