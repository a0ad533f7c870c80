import type { CommandModule } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { helpOptions } from '../src/config/arguments.ts';
import type { Config } from '../src/config/config.ts';
import { ConfigFailure } from '../src/config/configFailure.ts';
import { loadConfig } from '../src/config/load.ts';
import type { Log } from '../src/telemetry/log.ts';
import { logDestinations } from './logDestinations.ts';
import { openLog } from './openLog.ts';
import { reportError } from './reportError.ts';

export const runCommand: CommandModule = {
  command: 'run [scheduler_address]',
  describe: 'Run one worker manager',
  builder: (parser) =>
    parser
      .positional('scheduler_address', { describe: 'Address of the Scaler scheduler' })
      .options(helpOptions()),
  handler: () => run(hideBin(process.argv)),
};

/** Runs all managers of the arguments, then exits with the highest of their exit statuses. Throws a ConfigFailure. */
export async function run(args: string[]): Promise<never> {
  const entries = loadConfig({ argv: args, env: process.env });
  await checkConfigs(entries);
  const managers = withLogs(entries);
  const { runDaemon } = await import('../src/daemon/main.ts');
  const statuses = await Promise.all(
    managers.map(async ({ config, log }) => {
      try {
        return await runDaemon(config, log);
      } catch (error) {
        // The other managers are independent and continue.
        return reportError(error, entries.length > 1 ? `${config.workerManagerId}: ` : '');
      }
    }),
  );
  process.exit(Math.max(...statuses));
}

/** Makes the launch templates of all managers, which checks more of the settings. Throws a ConfigFailure. */
export async function checkConfigs(entries: Config[]): Promise<void> {
  const { createTemplates } = await import('../src/daemon/launchTemplates.ts');
  for (const config of entries)
    try {
      createTemplates(config).check();
    } catch (error) {
      if (!(error instanceof ConfigFailure) || entries.length === 1) throw error;
      throw new ConfigFailure(`${config.workerManagerId}: ${error.message}`);
    }
}

function withLogs(entries: Config[]): { config: Config; log: Log }[] {
  const destinations = logDestinations();
  return entries.map((config) => {
    // So that the lines of several managers can be told apart.
    const manager = entries.length > 1 ? config.workerManagerId : undefined;
    return { config, log: openLog(config.logging, destinations, { manager }) };
  });
}
