import { now } from '../shared/clock.ts';
import { runContainer } from './container.ts';
import type { Account, Task, TaskContainer } from './model.ts';

/**
 * The life of a task as DescribeTasks shows it. Every step is planned for the current course of the task: a stop begins
 * a new course, and what was still to come in the old one is void.
 */

/** `status` may be the one it has: then only the version rises. */
function enter(task: Task, status: Task['lastStatus']): void {
  task.lastStatus = status;
  task.version++;
}

function plan(account: Account, task: Task, ms: number, step: () => void): void {
  const { course } = task;
  account.agenda.in(ms, () => {
    if (task.course === course) step();
  });
}

/** Takes a fresh task on its way to RUNNING. */
export function begin(account: Account, task: Task): void {
  const { startDelayMs: delay, stuckIn, startFailure } = task.plan;
  if (stuckIn === 'PROVISIONING') return;
  plan(account, task, delay * 0.2, () => {
    // An elastic network interface that did not come up never gets a task out of PROVISIONING.
    if (startFailure?.match(/network interface|Network Interface|^InternalError/))
      return failStart(account, task, startFailure);
    enter(task, 'PENDING');
    task.eni.status = 'ATTACHED';
    task.connectivityAt = now();
    if (stuckIn === 'PENDING') return;
    plan(account, task, delay * 0.2, () => {
      task.pullStartedAt = now();
      task.version++;
      plan(account, task, delay * 0.5, () => {
        if (startFailure) return failStart(account, task, startFailure);
        task.pullStoppedAt = now();
        enter(task, 'ACTIVATING');
        plan(account, task, delay * 0.1, () => run(account, task));
      });
    });
  });
}

function run(account: Account, task: Task): void {
  task.startedAt = now();
  enter(task, 'RUNNING');
  for (const container of task.containers) {
    container.lastStatus = 'RUNNING';
    if (!task.plan.hollow)
      container.process = runContainer(account, task, container, (exitCode) =>
        containerEnded(account, task, container, exitCode, null),
      );
  }
  for (const strike of task.plan.onRunning) strike(task);
}

function failStart(account: Account, task: Task, reason: string): void {
  end(task, 'TaskFailedToStart', reason);
  settle(account, task);
}

/** Marks the task as one that shall not run; the caller says what becomes of its containers. */
function end(task: Task, stopCode: string, reason: string): void {
  task.course++;
  task.version++;
  task.desiredStatus = 'STOPPED';
  task.stopCode = stopCode;
  task.stoppedReason = reason;
  task.stoppingAt = now();
  task.cluster.live.delete(task);
  task.cluster.dead.add(task);
}

/** Stops a task from outside: its desiredStatus is STOPPED at once, its lastStatus follows. */
export function stop(account: Account, task: Task, stopCode: string, reason: string): void {
  if (task.desiredStatus === 'RUNNING') {
    end(task, stopCode, reason);
    plan(account, task, 0, () => takeDown(account, task));
  } else if (task.lastStatus === 'RUNNING') {
    // It has been given notice; whoever stops it now need not wait, and the obituary stays the first one.
    task.course++;
    takeDown(account, task);
  }
}

/**
 * Takes a task's capacity away with notice, as Spot does: SIGTERM at once, and while the containers use their notice
 * the task is still shown as RUNNING.
 */
export function reclaim(
  account: Account,
  task: Task,
  stopCode: string,
  reason: string,
  noticeMs: number,
): void {
  if (task.desiredStatus === 'STOPPED') return;
  end(task, stopCode, reason);
  if (task.lastStatus === 'RUNNING') {
    for (const container of task.containers) terminate(account, container);
    plan(account, task, noticeMs, () => takeDown(account, task));
  } else settle(account, task);
}

function takeDown(account: Account, task: Task): void {
  if (task.lastStatus !== 'RUNNING') {
    settle(account, task);
    return;
  }
  enter(task, 'DEACTIVATING');
  plan(account, task, task.plan.stopDelayMs * 0.1, () => {
    enter(task, 'STOPPING');
    for (const container of task.containers) {
      if (container.lastStatus === 'STOPPED') continue;
      if (!container.process) containerEnded(account, task, container, 143, null);
      else terminate(account, container);
    }
  });
}

function terminate(account: Account, container: TaskContainer): void {
  const seconds = container.definition.stopTimeout ?? account.options.stopTimeoutS;
  container.process?.terminate();
  account.agenda.in(Number(seconds) * 1000, () => {
    if (container.lastStatus !== 'STOPPED') container.process?.kill();
  });
}

/** A container is gone: its main process ended, or a fault says so. */
export function containerEnded(
  account: Account,
  task: Task,
  container: TaskContainer,
  exitCode: number,
  reason: string | null,
): void {
  if (container.lastStatus === 'STOPPED') return;
  container.lastStatus = 'STOPPED';
  container.exitCode = exitCode;
  container.reason = reason;
  container.process?.kill();
  task.version++;
  const essential = container.definition.essential !== false;
  const last = task.containers.every(({ lastStatus }) => lastStatus === 'STOPPED');
  if (task.desiredStatus === 'RUNNING' && (essential || last)) {
    end(task, 'EssentialContainerExited', 'Essential container in task exited');
    if (!last) takeDown(account, task);
  }
  if (last) {
    task.executionStoppedAt = now();
    settle(account, task);
  }
}

/** The last leg, when nothing of the task runs any more: DEPROVISIONING, STOPPED, forgotten. */
function settle(account: Account, task: Task): void {
  task.course++;
  enter(task, 'DEPROVISIONING');
  plan(account, task, task.plan.stopDelayMs * 0.9, () => {
    task.stoppedAt = now();
    task.eni.status = 'DELETED';
    for (const container of task.containers) container.lastStatus = 'STOPPED';
    enter(task, 'STOPPED');
    plan(account, task, account.options.retentionS * 1000, () => forget(account, task));
  });
}

/** Nobody but the ledger knows it from here on. */
export function forget(account: Account, task: Task): void {
  task.forgotten = true;
  task.cluster.live.delete(task);
  task.cluster.dead.delete(task);
  task.region.tasks.delete(task.id);
  for (const { runtimeId } of task.containers) account.byRuntimeId.delete(runtimeId);
}
