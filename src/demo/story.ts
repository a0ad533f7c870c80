import type { DaemonLine } from './daemonProcess.ts';
import type { SchedulerNews } from './scheduler.ts';

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
  workers: number;
  tasksDone: number;
}

/** One thing that happened, in a sentence. `at`: seconds since the start. */
export interface Sentence {
  at: number;
  text: string;
}

const isState = (word: unknown): word is State => states.includes(word as State);
const count = (many: number, thing: string): string => `${many} ${thing}${many === 1 ? '' : 's'}`;

/** What a spectator is told, put together from the daemon's log and from what the scheduler sees. */
export class Story {
  readonly groups: Group[] = [];
  readonly sentences: Sentence[] = [];
  /** Groups that the scheduler wants; null until the daemon has heard of it. */
  wanted: number | null = null;
  readonly #workersPerGroup: number;
  readonly #seconds: () => number;
  readonly #byActor = new Map<string, Group>();

  constructor(workersPerGroup: number, seconds: () => number) {
    this.#workersPerGroup = workersPerGroup;
    this.#seconds = seconds;
  }

  say(text: string): void {
    this.sentences.push({ at: this.#seconds(), text });
  }

  /** A line of the daemon's log. */
  read(line: DaemonLine): void {
    if (line.event === 'scheduler.wants') this.#wants(Number(line.tasks));
    else if (line.event === 'workerGroup.state') this.#moved(line);
    else if (line.level !== 'info') this.say(`The daemon says: ${line.event} ${line.reason ?? ''}`);
  }

  /** Something the scheduler has seen. */
  watch(news: SchedulerNews): void {
    if (news.type === 'manager.joined') {
      const most = Math.floor(news.cap / this.#workersPerGroup);
      this.say(`The daemon reports to the scheduler and offers up to ${count(most, 'group')}.`);
      return;
    }
    const group = this.groups.find(({ taskId }) => taskId && news.worker.includes(taskId));
    if (!group) return;
    if (news.type === 'task.done') group.tasksDone++;
    else if (news.type === 'worker.left') group.workers--;
    else if (++group.workers === this.#workersPerGroup)
      this.say(`${group.name}: its ${count(group.workers, 'worker')} joined the scheduler.`);
  }

  get moving(): boolean {
    return this.groups.some(({ state }) => state !== 'stopped');
  }

  #wants(groups: number): void {
    const before = this.wanted ?? 0;
    this.wanted = groups;
    if (groups === 0) this.say('Nothing is left to do: the scheduler wants no group any more.');
    else if (groups < before)
      this.say(`For the tasks that are left, the scheduler wants ${count(groups, 'group')}.`);
    else
      this.say(
        `The scheduler wants ${count(groups, 'group')} of ${this.#workersPerGroup} workers.`,
      );
  }

  #moved({ group: actor, state, task, cause }: DaemonLine): void {
    if (typeof actor !== 'string' || !isState(state)) return;
    const group = this.#byActor.get(actor) ?? this.#add(actor);
    group.state = state;
    group.since[state] ??= this.#seconds();
    if (typeof task === 'string') group.taskId = task.slice(task.lastIndexOf('/') + 1);
    this.say(`${group.name}: ${this.#sentence(group, cause)}`);
  }

  #sentence({ state, taskId, tasksDone }: Group, cause: unknown): string {
    switch (state) {
      case 'requested':
        return 'requested. The daemon calls RunTask of ECS.';
      case 'provisioning':
        return `provisioning. ECS prepares Fargate task ${taskId?.slice(0, 8)}.`;
      case 'running':
        return 'running, as the daemon learns from DescribeTasks.';
      case 'draining':
        return 'draining. The daemon calls StopTask.';
      case 'stopped': {
        const why = cause === 'drained' ? '' : ` (${cause})`;
        return `stopped${why} after ${count(tasksDone, 'task')}. Nothing of it is left.`;
      }
    }
  }

  #add(actor: string): Group {
    const group: Group = {
      name: `Group ${this.groups.length + 1}`,
      state: 'requested',
      since: {},
      taskId: null,
      workers: 0,
      tasksDone: 0,
    };
    this.groups.push(group);
    this.#byActor.set(actor, group);
    return group;
  }
}
