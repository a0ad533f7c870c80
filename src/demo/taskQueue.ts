import type { ToWorker } from './workerMessages.ts';

export interface TaskCounts {
  submitted: number;
  waiting: number;
  running: number;
  completed: number;
}

/** Durations of successive tasks, in ms; repeated in this order. */
const durationsMs = [700, 500, 900, 600, 800];

/** Queue of numbers to square. A task is assigned to one worker at a time, and requeued when that worker leaves. */
export class TaskQueue {
  readonly #waiting: ToWorker[];
  readonly #running = new Map<string, ToWorker>();
  readonly #submitted: number;
  #completed = 0;

  constructor(tasks: number) {
    this.#submitted = tasks;
    this.#waiting = Array.from({ length: tasks }, (_, task) => ({
      type: 'task',
      task,
      number: task + 1,
      sleepMs: durationsMs[task % durationsMs.length] as number,
    }));
  }

  get counts(): TaskCounts {
    return {
      submitted: this.#submitted,
      waiting: this.#waiting.length,
      running: this.#running.size,
      completed: this.#completed,
    };
  }

  /** Number of waiting and running tasks. */
  get unfinished(): number {
    return this.#submitted - this.#completed;
  }

  /** Whether the worker has a task. */
  isBusy(worker: string): boolean {
    return this.#running.has(worker);
  }

  /** Assigns the next task to an idle worker; null when the worker is busy or no task waits. */
  assign(worker: string): ToWorker | null {
    if (this.#running.has(worker)) return null;
    const next = this.#waiting.shift();
    if (!next) return null;
    this.#running.set(worker, next);
    return next;
  }

  /** Takes a result. Returns whether it is the correct result of the worker's task; an incorrect result requeues the task. */
  finish(worker: string, task: number, square: number): boolean {
    const running = this.#running.get(worker);
    if (running?.task !== task) return false;
    if (square !== running.number ** 2) {
      this.requeue(worker);
      return false;
    }
    this.#running.delete(worker);
    this.#completed++;
    return true;
  }

  requeue(worker: string): void {
    const running = this.#running.get(worker);
    if (!running) return;
    this.#running.delete(worker);
    this.#waiting.unshift(running);
  }
}
