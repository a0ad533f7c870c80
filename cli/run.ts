import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandModule } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { helpOptions } from '../src/config/arguments.ts';
import type { Config } from '../src/config/config.ts';
import { ensureHome } from '../src/config/home.ts';
import { loadConfig } from '../src/config/load.ts';
import { listenToSignals } from '../src/daemon/signals.ts';
import type { Log } from '../src/telemetry/log.ts';
import { checkConfigs } from './checkConfigs.ts';
import { LogDestinations } from './logDestinations.ts';
import { openLog } from './openLog.ts';
import { reportError } from './reportError.ts';

export const runCommand: CommandModule = {
  command: 'run [scheduler_address]',
  describe: 'Run one worker manager',
  builder: (parser) =>
    parser
      .positional('scheduler_address', {
        describe:
          'Address of the Scaler scheduler [required, here or in TOML or SCALER_SCHEDULER_ADDRESS]',
      })
      .example('scaler-ecs config.toml', 'Every aws_raw_ecs manager in the file')
      .example(
        'scaler-ecs run tcp://10.0.0.1:8516 --object-storage-address tcp://10.0.0.1:8517 -wmi wm-ecs --ecs-subnets subnet-0abc1234def56789a',
        'One manager, by flags',
      )
      .options(helpOptions())
      .epilogue(
        'What is [required] may be given by flag, TOML file (--config) or variable.\nExit status: 0 we have looked, and nothing is left in ECS, or it was left on purpose; 1 something is or may be left, or went wrong; 2 the settings cannot be used.',
      ),
  handler: () => run(hideBin(process.argv)),
};

/** Runs all managers of the arguments, then exits with the highest of their exit statuses. Throws a ConfigFailure. */
export async function run(args: string[]): Promise<never> {
  const entries = loadConfig({ argv: args, env: process.env });
  await checkConfigs(entries);
  // A terminal that is gone takes no words.
  process.stderr.on('error', () => {});
  const logs = new LogDestinations();
  const { openWatchers } = await import('../src/daemon/watch/watchers.ts');
  const watchers = await openWatchers(entries, process.env);
  const managers = withLogs(entries, logs).map((manager) => ({
    ...manager,
    watch: watchers.of(manager.config, manager.log),
  }));
  const signals = listenToSignals(() => reopenLogs(logs, managers));
  signals.onStop(watchers.stopping);
  ensureHome(process.env);
  const { runDaemon } = await import('../src/daemon/main.ts');
  const ended = Promise.all(
    managers.map(async ({ config, log, watch }) => {
      try {
        return await runDaemon(config, log, signals.onStop, watch, signals.onRetry);
      } catch (error) {
        // The other managers are independent and continue.
        return reportError(error, entries.length > 1 ? `${config.workerManagerId}: ` : '');
      } finally {
        watch?.ended();
      }
    }),
  );
  const status = await Promise.race([
    ended.then((statuses) => Math.max(...statuses)),
    signals.forced.then(() => {
      for (const { log } of managers) log.report('daemon.forced', {});
      return 1;
    }),
  ]);
  await Promise.race([watchers.close(), sleep(flushMs)]);
  await Promise.race([logs.flush(flushMs), new Promise<void>((leave) => signals.afterEnd(leave))]);
  process.exit(status);
}

/** How long a reader of the log may take for the last lines, ms. */
const flushMs = 2000;

interface Manager {
  config: Config;
  log: Log;
}

function reopenLogs(logs: LogDestinations, managers: Manager[]): void {
  const failures = logs.reopen();
  for (const { log } of managers) {
    for (const failure of failures) log.report('logs.notReopened', failure);
    if (failures.length === 0) log.report('logs.reopened', {});
  }
}

function withLogs(entries: Config[], logs: LogDestinations): Manager[] {
  return entries.map((config) => {
    // So that the lines of several managers can be told apart.
    const manager = entries.length > 1 ? config.workerManagerId : undefined;
    return { config, log: openLog(config.logging, (paths) => logs.open(paths), { manager }) };
  });
}
