import { now } from '../shared/clock.ts';
import { runContainer } from './container.ts';
import type { Account, Task, TaskContainer } from './model.ts';

/**
 * The lifecycle of a task as DescribeTasks shows it. Every step is scheduled for the task's current epoch. A stop begins
 * a new epoch; steps scheduled for an earlier epoch do nothing.
 */

/** Sets the status and increments the version. `status` may equal the current one. */
function setStatus(task: Task, status: Task['lastStatus']): void {
  task.lastStatus = status;
  task.version++;
}

function schedule(account: Account, task: Task, ms: number, step: () => void): void {
  const { epoch } = task;
  account.timers.after(ms, () => {
    if (task.epoch === epoch) step();
  });
}

/** Schedules the steps of a new task from PROVISIONING to RUNNING. */
export function startLifecycle(account: Account, task: Task): void {
  const { startDelayMs: delay, stuckIn, startFailure } = task.plan;
  if (stuckIn === 'PROVISIONING') return;
  schedule(account, task, delay * 0.2, () => {
    // ECS reports failures of the elastic network interface while the task is PROVISIONING, other start failures later.
    if (startFailure?.match(/network interface|Network Interface|^InternalError/))
      return failStart(account, task, startFailure);
    setStatus(task, 'PENDING');
    task.eni.status = 'ATTACHED';
    task.connectivityAt = now();
    if (stuckIn === 'PENDING') return;
    schedule(account, task, delay * 0.2, () => {
      task.pullStartedAt = now();
      task.version++;
      schedule(account, task, delay * 0.5, () => {
        if (startFailure) return failStart(account, task, startFailure);
        task.pullStoppedAt = now();
        setStatus(task, 'ACTIVATING');
        schedule(account, task, delay * 0.1, () => enterRunning(account, task));
      });
    });
  });
}

function enterRunning(account: Account, task: Task): void {
  task.startedAt = now();
  setStatus(task, 'RUNNING');
  for (const container of task.containers) {
    container.lastStatus = 'RUNNING';
    if (!task.plan.hollow)
      container.process = runContainer(account, task, container, (exitCode) =>
        containerEnded(account, task, container, exitCode, null),
      );
  }
  for (const callback of task.plan.onRunning) callback(task);
}

function failStart(account: Account, task: Task, reason: string): void {
  setDesiredStopped(task, 'TaskFailedToStart', reason);
  deprovision(account, task);
}

/** Sets desiredStatus to STOPPED. The caller stops the containers. */
function setDesiredStopped(task: Task, stopCode: string, reason: string): void {
  task.epoch++;
  task.version++;
  task.desiredStatus = 'STOPPED';
  task.stopCode = stopCode;
  task.stoppedReason = reason;
  task.stoppingAt = now();
  task.cluster.desiredRunning.delete(task);
  task.cluster.desiredStopped.add(task);
}

/** Stops a task as StopTask does: desiredStatus is STOPPED at once, lastStatus follows. Keeps the stopCode and reason of an earlier stop. */
export function stop(account: Account, task: Task, stopCode: string, reason: string): void {
  if (task.desiredStatus === 'RUNNING') {
    setDesiredStopped(task, stopCode, reason);
    schedule(account, task, 0, () => stopContainers(account, task));
  } else if (task.lastStatus === 'RUNNING') {
    // A Spot notice period is running: end it now.
    task.epoch++;
    stopContainers(account, task);
  }
}

/**
 * Interrupts a task as Fargate Spot does: desiredStatus STOPPED and SIGTERM at once; the task stays RUNNING until its
 * containers end or the notice period is over.
 */
export function reclaim(
  account: Account,
  task: Task,
  stopCode: string,
  reason: string,
  noticeMs: number,
): void {
  if (task.desiredStatus === 'STOPPED') return;
  setDesiredStopped(task, stopCode, reason);
  if (task.lastStatus === 'RUNNING') {
    for (const container of task.containers) terminate(account, container);
    schedule(account, task, noticeMs, () => stopContainers(account, task));
  } else deprovision(account, task);
}

function stopContainers(account: Account, task: Task): void {
  if (task.lastStatus !== 'RUNNING') {
    deprovision(account, task);
    return;
  }
  setStatus(task, 'DEACTIVATING');
  schedule(account, task, task.plan.stopDelayMs * 0.1, () => {
    setStatus(task, 'STOPPING');
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
  account.timers.after(Number(seconds) * 1000, () => {
    if (container.lastStatus !== 'STOPPED') container.process?.kill();
  });
}

/** Called when the main process of a container has ended, or when a fault ends the container. */
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
  const allStopped = task.containers.every(({ lastStatus }) => lastStatus === 'STOPPED');
  if (task.desiredStatus === 'RUNNING' && (essential || allStopped)) {
    setDesiredStopped(task, 'EssentialContainerExited', 'Essential container in task exited');
    if (!allStopped) stopContainers(account, task);
  }
  if (allStopped) {
    task.executionStoppedAt = now();
    deprovision(account, task);
  }
}

/** No container runs any more: DEPROVISIONING, then STOPPED, then forgotten after the retention time. */
function deprovision(account: Account, task: Task): void {
  task.epoch++;
  setStatus(task, 'DEPROVISIONING');
  schedule(account, task, task.plan.stopDelayMs * 0.9, () => {
    task.stoppedAt = now();
    task.eni.status = 'DELETED';
    for (const container of task.containers) container.lastStatus = 'STOPPED';
    setStatus(task, 'STOPPED');
    schedule(account, task, account.options.retentionS * 1000, () => forget(account, task));
  });
}

/** Removes the task from everything but the ledger: DescribeTasks answers MISSING. */
export function forget(account: Account, task: Task): void {
  task.forgotten = true;
  task.cluster.desiredRunning.delete(task);
  task.cluster.desiredStopped.delete(task);
  task.region.tasks.delete(task.id);
  for (const { runtimeId } of task.containers) account.byRuntimeId.delete(runtimeId);
}
