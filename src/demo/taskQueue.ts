import type { ToWorker } from './workerMessages.ts';

export interface TaskCounts {
  submitted: number;
  waiting: number;
  running: number;
  completed: number;
}

/** How long the tasks take, one after the other, ms: uneven, as work is. */
const durationsMs = [700, 500, 900, 600, 800];

/** Squares to be computed. A task is handed to one worker at a time, and to another when that one leaves. */
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

  /** Queued and running, as a scheduler counts. */
  get unfinished(): number {
    return this.#submitted - this.#completed;
  }

  /** Whether a worker has a task. */
  isBusy(worker: string): boolean {
    return this.#running.has(worker);
  }

  /** The next task for a worker that has none. */
  assign(worker: string): ToWorker | null {
    if (this.#running.has(worker)) return null;
    const next = this.#waiting.shift();
    if (!next) return null;
    this.#running.set(worker, next);
    return next;
  }

  /** Whether that was the right answer to the task the worker has; a wrong one puts the task back. */
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
