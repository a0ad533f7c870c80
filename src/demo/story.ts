import { taskIdOf } from '../../machines/shared/ids.ts';
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
  crew: Crew;
}

/** The workers in one Fargate task, as the scheduler knows them. */
export interface Crew {
  workers: number;
  tasksDone: number;
}

/** One thing that happened, in a sentence. `at`: seconds since the start. */
export interface Sentence {
  at: number;
  text: string;
}

const isState = (word: unknown): word is State => states.includes(word as State);
export const count = (many: number, thing: string): string =>
  `${many} ${thing}${many === 1 ? '' : 's'}`;

/** A worker's id names the Fargate task it runs in: `Worker|ECS-<task id>|<random>`. */
const taskIdIn = (worker: string): string => /ECS-(\w+)/.exec(worker)?.[1] ?? '';

/** What a spectator is told, put together from the daemon's log and from what the scheduler sees. */
export class Story {
  readonly groups: Group[] = [];
  readonly sentences: Sentence[] = [];
  /** Groups that the scheduler wants; null until the daemon has heard of it. */
  wanted: number | null = null;
  readonly #workersPerGroup: number;
  readonly #seconds: () => number;
  readonly #byActor = new Map<string, Group>();
  /** By Fargate task; the scheduler may hear of one before the daemon's log has told whose it is. */
  readonly #crews = new Map<string, Crew>();

  constructor(workersPerGroup: number, seconds: () => number) {
    this.#workersPerGroup = workersPerGroup;
    this.#seconds = seconds;
  }

  say(text: string): void {
    // What others say must not move the terminal's cursor.
    this.sentences.push({ at: this.#seconds(), text: text.replaceAll(/\p{Cc}+/gu, ' ').trim() });
  }

  /** A line of the daemon's log. */
  read(line: DaemonLine): void {
    if (line.event === 'scheduler.wants') this.#wants(Number(line.tasks));
    else if (line.event === 'workerGroup.state') this.#moved(line);
    else if (line.event === 'launch.state') this.#launched(line);
    else if (line.level !== 'info') this.say(`The daemon says: ${line.event} ${line.reason ?? ''}`);
  }

  /** Something the scheduler has seen. */
  watch(news: SchedulerNews): void {
    if (news.type === 'manager.joined') {
      const most = Math.floor(news.cap / this.#workersPerGroup);
      this.say(`The daemon reports to the scheduler and offers up to ${count(most, 'group')}.`);
      return;
    }
    const taskId = taskIdIn(news.worker);
    const crew = this.#crew(taskId);
    if (news.type === 'task.done') crew.tasksDone++;
    else if (news.type === 'worker.left') crew.workers--;
    else if (++crew.workers === this.#workersPerGroup) {
      const name = this.groups.find((group) => group.taskId === taskId)?.name ?? 'A group';
      this.say(`${name}: its ${count(crew.workers, 'worker')} joined the scheduler.`);
    }
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

  #launched({ state, groups }: DaemonLine): void {
    if (state !== 'journaling' || !Array.isArray(groups)) return;
    for (const group of groups) this.#moved({ group, state: 'requested' });
  }

  #moved({ group: actor, state: path, task, cause }: Partial<DaemonLine>): void {
    if (typeof actor !== 'string' || typeof path !== 'string') return;
    const [state, detail] = path.split('.');
    if (!isState(state)) return;
    const group = this.#byActor.get(actor) ?? this.#add(actor);
    // A group may be had back while it drains.
    for (const later of states.slice(states.indexOf(state) + 1)) delete group.since[later];
    group.state = state;
    group.since[state] ??= this.#seconds();
    if (typeof task === 'string') {
      group.taskId = taskIdOf(task);
      group.crew = this.#crew(group.taskId);
    }
    this.say(`${group.name}: ${sentence(group, detail, cause)}`);
  }

  #crew(taskId: string): Crew {
    const crew = this.#crews.get(taskId) ?? { workers: 0, tasksDone: 0 };
    this.#crews.set(taskId, crew);
    return crew;
  }

  #add(actor: string): Group {
    const group: Group = {
      name: `Group ${this.groups.length + 1}`,
      state: 'requested',
      since: {},
      taskId: null,
      crew: { workers: 0, tasksDone: 0 },
    };
    this.groups.push(group);
    this.#byActor.set(actor, group);
    return group;
  }
}

function sentence({ state, taskId, crew }: Group, detail: unknown, cause: unknown): string {
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
      return `stopped${why} after ${count(crew.tasksDone, 'task')}. Nothing of it is left.`;
    }
  }
}
