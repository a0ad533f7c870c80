import { closeSync, mkdirSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Container } from './containerRuntime.ts';
import type { Members } from './members.ts';
import { objects, texts } from './members.ts';
import type { Account, Task, TaskContainer } from './model.ts';

/** The environment of a container: its definition's, overridden by name by what RunTask said. */
export function environmentOf({ definition, override }: TaskContainer): Record<string, string> {
  const pairs = [definition, override].flatMap((from) => objects(from, 'environment') ?? []);
  return Object.fromEntries(pairs.map((pair) => [String(pair.name), String(pair.value ?? '')]));
}

const scratchFolderOf = (task: Task): string => join(tmpdir(), `scaler-ecs-task-${task.id}`);

/**
 * Starts a container's command: COMMAND of its environment through `sh -c`, as Scaler's image does, else its
 * entry point and command. One with neither runs without a process until it is stopped, and null is returned.
 */
export function runContainer(
  account: Account,
  task: Task,
  container: TaskContainer,
  onEnd: (exitCode: number) => void,
): Container | null {
  const environment = environmentOf(container);
  const argv = environment.COMMAND
    ? ['/bin/sh', '-c', environment.COMMAND]
    : [
        ...(texts(container.definition, 'entryPoint') ?? []),
        ...(texts(container.override, 'command') ?? texts(container.definition, 'command') ?? []),
      ];
  if (argv.length === 0) return null;
  const scratch = scratchFolderOf(task);
  mkdirSync(scratch, { recursive: true, mode: 0o700 });
  const output = openLogFile(account, task, container.definition);
  const end = (exitCode: number) => {
    onEnd(exitCode);
    // What cannot be removed stays: a task must not die of its litter.
    if (task.containers.every(({ lastStatus }) => lastStatus === 'STOPPED'))
      rm(scratch, { recursive: true, force: true }).catch(() => {});
  };
  try {
    return account.runtime.start({
      argv,
      env: {
        ...processEnvironment(account, scratch, environment),
        ...metadataVariables(account, container),
      },
      cwd: scratch,
      output,
      onEnd: end,
    });
  } catch (error) {
    // A NUL in the environment, or a machine that has no more processes to give.
    account.options.log.error({ task: task.id, error: String(error) }, 'no process for a task');
    account.timers.after(0, () => end(127));
    return null;
  } finally {
    if (output !== null) closeSync(output);
  }
}

function processEnvironment(account: Account, home: string, environment: Record<string, string>) {
  const path = environment.PATH ?? '/usr/local/bin:/usr/bin:/bin';
  const { taskPath } = account.options;
  return {
    HOME: home,
    LANG: 'C.UTF-8',
    ...environment,
    PATH: taskPath ? `${taskPath}:${path}` : path,
  };
}

const metadataVariables = (account: Account, { runtimeId }: TaskContainer) => ({
  ECS_CONTAINER_METADATA_URI_V4: `${account.url}/v4/${runtimeId}`,
  AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE',
});

function openLogFile({ options }: Account, task: Task, definition: Members): number | null {
  if (options.logDir === null) return null;
  const name = task.containers.length === 1 ? task.id : `${task.id}-${String(definition.name)}`;
  try {
    return openSync(join(options.logDir, `${name}.log`), 'a', 0o600);
  } catch (error) {
    options.log.error({ task: task.id, error: String(error) }, 'no log file for a task');
    return null;
  }
}
