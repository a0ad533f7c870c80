import type { Connected } from './connectedWorkers.ts';
import type { MonitorMessage } from './messages.ts';
import { taskIdOfWorker } from './workerId.ts';

type TaskMessage = Extract<MonitorMessage, { type: 'monitor.task' }>;

/** What a worker has been given since the last list of workers, which showed it without a task. */
interface Begun {
  /** The Fargate task of the worker. */
  taskId: string;
  /** Tasks of the scheduler that it has; no more than `mostNamed`. */
  given: string[];
  /** It was given more than are kept here: only a list can show how many it has. */
  isMany: boolean;
}

/**
 * What the states of single tasks add to the last list of workers. A list may be a minute old, and a worker that it
 * shows without a task may have one by now. Only such workers are followed: all of their tasks are known from here on,
 * so that the end of the last of them shows, too. The next list replaces what is kept here.
 */
export interface BegunTasks {
  workers: Record<string, Begun>;
  /** By the id of a task of the scheduler, the worker that has it. */
  workerOf: Record<string, string>;
}

export const noBegunTasks: BegunTasks = { workers: {}, workerOf: {} };

/** Workers with more tasks are busy for a while. */
const mostNamed = 4;

/** States in which no worker has the task. */
const isOver = (state: TaskMessage['state']): boolean =>
  state !== null &&
  !['running', 'canceling', 'balanceCanceling', 'workerDisconnecting'].includes(state);

/** The states of tasks, in the order in which they came; the same object: nothing has changed. */
export function onTaskBegins(
  before: BegunTasks,
  connected: Connected,
  states: readonly TaskMessage[],
): { begun: BegunTasks; touched: Set<string> } {
  const touched = new Set<string>();
  let begun = before;
  const copy = (): BegunTasks => {
    if (begun === before)
      begun = { workers: { ...before.workers }, workerOf: { ...before.workerOf } };
    return begun;
  };
  const take = (task: string): void => {
    const workerId = begun.workerOf[task];
    if (workerId === undefined) return;
    const { workers, workerOf } = copy();
    delete workerOf[task];
    const worker = workers[workerId] as Begun; // Each task in `workerOf` has its worker here.
    workers[workerId] = { ...worker, given: worker.given.filter((given) => given !== task) };
    touched.add(worker.taskId);
  };
  const give = (task: string, workerId: string): void => {
    const taskId = taskIdOfWorker(workerId) ?? '';
    const worker = begun.workers[workerId];
    if (connected[taskId]?.[workerId] !== 0 || worker?.isMany) return;
    const given = worker?.given ?? [];
    const isMany = given.length === mostNamed;
    const { workers, workerOf } = copy();
    workers[workerId] = { taskId, given: isMany ? given : [...given, task], isMany };
    if (!isMany) workerOf[task] = workerId;
    touched.add(taskId);
  };
  for (const { taskId: task, workerId, state } of states) {
    if (state === 'running' && begun.workerOf[task] === workerId) continue;
    if (state === 'running' || isOver(state)) take(task);
    if (state === 'running') give(task, workerId);
  }
  return { begun, touched };
}

/** How many tasks a worker has. `listed`: as the last list showed. */
export function tasksOf({ workers }: BegunTasks, workerId: string, listed: number): number {
  const worker = workers[workerId];
  return worker === undefined ? listed : worker.given.length + Number(worker.isMany);
}

/** The Fargate tasks of which the next list may show something else. */
export const followed = ({ workers }: BegunTasks): string[] =>
  Object.values(workers).map(({ taskId }) => taskId);
