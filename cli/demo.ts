import { constants } from 'node:os';
import type { CommandModule } from 'yargs';
import { ConfigFailure } from '../src/config/configFailure.ts';
import { type DemoDisplay, showLive, showPlain } from '../src/demo/display.ts';
import {
  type DemoOutcome,
  type DemoResult,
  type DemoView,
  type EmulatedAws,
  runDemo,
} from '../src/demo/runDemo.ts';
import { startEmulator } from '../src/emulator/emulator.ts';
import { terminalStyle } from '../src/shared/terminal/screen.ts';
import { silentLog } from '../src/telemetry/log.ts';

const maxTasks = 10_000;

/** Runs the demo until it has finished or a signal stops it. Resolves to the exit status. */
async function demo(tasks: number, json: boolean): Promise<number> {
  const signals = handleSignals();
  const startedAt = performance.now();
  let display: DemoDisplay | undefined;
  let end: DemoOutcome;
  try {
    end = await runDemo({
      tasks,
      program: [process.execPath, ...process.execArgv, process.argv[1] ?? ''],
      startAws,
      onStart: (stage) => {
        if (!json) display = showOn(process.stdout, stage);
      },
      stop: signals.stop.signal,
      kill: signals.kill.signal,
    });
  } finally {
    display?.close();
  }
  const { result, failure } = end;
  const seconds = (performance.now() - startedAt) / 1000;
  const finished = failure === null && signals.status() === null;
  process.stdout.write(
    json ? `${JSON.stringify(result)}\n` : `\n${summary(result, seconds, finished)}\n`,
  );
  if (failure !== null) process.stderr.write(`scaler-ecs demo: ${failure}\n`);
  const complete = result.tasksCompleted === result.tasksSubmitted && result.ecsTasksLeft === 0;
  return signals.status() ?? (finished && complete ? 0 : 1);
}

/** The first signal stops the demo in order, the second at once. The exit status is 128 plus the first signal. */
function handleSignals() {
  const stop = new AbortController();
  const kill = new AbortController();
  let status: number | null = null;
  const onSignal = (signal: NodeJS.Signals) => {
    status ??= 128 + constants.signals[signal];
    if (stop.signal.aborted) kill.abort();
    stop.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGHUP'] as const)
    process.on(signal, onSignal);
  // The reader of stdout has exited, as in `scaler-ecs demo | head`.
  process.stdout.on('error', () => {
    if (!stop.signal.aborted) onSignal('SIGPIPE');
  });
  return { stop, kill, status: () => status };
}

async function startAws(taskPath: string): Promise<EmulatedAws> {
  const emulator = await startEmulator({
    taskPath,
    startDelayMs: 800,
    stopDelayMs: 200,
    log: silentLog,
  });
  return {
    url: emulator.url,
    accessKey: emulator.accessKey,
    tasksStarted: () => emulator.ledger().tasks.length,
    tasksRemaining: () =>
      emulator.ledger().tasks.filter(({ lastStatus }) => lastStatus !== 'STOPPED').length,
    close: () => emulator.close(),
  };
}

function showOn(screen: NodeJS.WriteStream, stage: DemoView): DemoDisplay {
  const { env } = process;
  if (!screen.isTTY || env.TERM === 'dumb') return showPlain(screen, stage);
  return showLive(screen, stage, terminalStyle(env));
}

function summary(result: DemoResult, seconds: number, finished: boolean): string {
  const { tasksCompleted, tasksSubmitted, groupsStarted, ecsTasksLeft } = result;
  const tasks = `${tasksCompleted} of ${tasksSubmitted} tasks done`;
  const groups = `${groupsStarted} ${groupsStarted === 1 ? 'group' : 'groups'}`;
  const remaining =
    ecsTasksLeft === 0
      ? 'no Fargate task is left'
      : `${ecsTasksLeft} Fargate tasks were left and have been killed`;
  return `${finished ? 'Finished' : 'Stopped'} after ${seconds.toFixed(1)} s: ${tasks} by ${groups}; ${remaining}.`;
}

export const demoCommand: CommandModule = {
  command: 'demo',
  describe: 'Run the daemon on this machine only, without AWS and Python',
  builder: (parser) =>
    parser
      .options({
        tasks: {
          type: 'number',
          default: 50,
          describe: `Number of tasks, 1 to ${maxTasks}`,
          requiresArg: true,
        },
        json: {
          type: 'boolean',
          default: false,
          describe: 'Print only the result, as one line of JSON',
        },
      })
      .example('scaler-ecs demo --tasks 200', 'A larger queue'),
  handler: async ({ tasks, json }) => {
    if (!Number.isInteger(tasks) || (tasks as number) < 1 || (tasks as number) > maxTasks)
      throw new ConfigFailure(`--tasks must be an integer from 1 to ${maxTasks}`);
    process.exit(await demo(tasks as number, json === true));
  },
};
