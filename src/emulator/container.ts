import { closeSync, mkdirSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Container } from './containerRuntime.ts';
import type { Members } from './members.ts';
import { objects, texts } from './members.ts';
import type { Account, Task, TaskContainer } from './model.ts';

/** The environment of a container: the variables of its definition, overridden by name by those of the RunTask request. */
export function environmentOf({ definition, override }: TaskContainer): Record<string, string> {
  const pairs = [definition, override].flatMap((from) => objects(from, 'environment') ?? []);
  return Object.fromEntries(pairs.map((pair) => [String(pair.name), String(pair.value ?? '')]));
}

const scratchFolderOf = (task: Task): string => join(tmpdir(), `scaler-ecs-task-${task.id}`);

/**
 * Starts a container's command: COMMAND of its environment through `sh -c`, as Scaler's image does, else its
 * entry point and command. Returns null when there is neither: the container then runs without a process until
 * StopTask. A process that cannot be started ends with exit code 127.
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
  const variables = processEnvironment(account, scratch, environment);
  const end = (exitCode: number) => {
    if (exitCode === 127) explainMissingProgram(account, task, variables.PATH);
    onEnd(exitCode);
    // A folder that cannot be removed is ignored: it must not fail the task.
    if (task.containers.every(({ lastStatus }) => lastStatus === 'STOPPED'))
      rm(scratch, { recursive: true, force: true }).catch(() => {});
  };
  try {
    return account.runtime.start({
      argv,
      env: {
        ...variables,
        ...metadataVariables(account, container),
      },
      cwd: scratch,
      output,
      onEnd: end,
    });
  } catch (error) {
    // A NUL character in the environment, or the process limit of the machine.
    account.options.log.report('emulator.processNotStarted', {
      task: task.id,
      error: String(error),
    });
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

/** A shell ends with 127 when it finds no program of that name. */
function explainMissingProgram(account: Account, task: Task, path: string): void {
  if (account.missingProgramExplained) return;
  account.missingProgramExplained = true;
  account.options.log.report('emulator.programNotFound', { task: task.id, path });
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
    options.log.report('emulator.taskLogNotOpened', { task: task.id, error: String(error) });
    return null;
  }
}
