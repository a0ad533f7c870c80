import type { CommandModule } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { helpOptions } from '../src/config/arguments.ts';
import { type Config, describeCapacity } from '../src/config/config.ts';
import { loadConfig } from '../src/config/load.ts';
import { createLog, type Log } from '../src/observe/log.ts';
import { logDestinations } from './logDestination.ts';

type RunDaemon = (config: Config, log: Log) => Promise<number>;
const daemon: string = '../src/daemon/run.ts';

export const runCommand: CommandModule = {
  command: 'run [scheduler_address]',
  describe: 'Run one worker manager',
  builder: (parser) =>
    parser
      .positional('scheduler_address', { describe: 'Address of the Scaler scheduler' })
      .options(helpOptions()),
  handler: () => run(hideBin(process.argv)),
};

/** Runs every manager that the words ask for and ends the process with the worst of their statuses. */
export async function run(words: string[]): Promise<never> {
  const entries = loadConfig({ argv: words, env: process.env });
  const destinations = logDestinations();
  const logs = entries.map(({ logging, workerManagerId }) => {
    const log = createLog(logging.level, destinations(logging.paths));
    return entries.length > 1 ? labelled(log, { manager: workerManagerId }) : log;
  });
  const { runDaemon } = (await import(daemon)) as { runDaemon: RunDaemon };
  const statuses = await Promise.all(
    entries.map(async (config, index) => {
      const log = logs[index] as Log;
      log.info({ pid: process.pid }, describeCapacity(config));
      return runDaemon(config, log);
    }),
  );
  process.exit(Math.max(...statuses));
}

/** So that the lines of several managers can be told apart. */
const labelled = (log: Log, label: object): Log => ({
  debug: (fields, text) => log.debug({ ...label, ...fields }, text),
  info: (fields, text) => log.info({ ...label, ...fields }, text),
  warn: (fields, text) => log.warn({ ...label, ...fields }, text),
  error: (fields, text) => log.error({ ...label, ...fields }, text),
});
