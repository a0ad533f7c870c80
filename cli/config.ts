import type { CommandModule } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { helpOptions } from '../src/config/arguments.ts';
import { markdownTable } from '../src/config/docs.ts';
import { loadSettings } from '../src/config/load.ts';
import { showSettings } from '../src/config/show.ts';
import { withStateDir } from '../src/daemon/fleetStateDir.ts';
import { checkConfigs } from './checkConfigs.ts';
import { isConfigFile } from './isConfigFile.ts';

export const configCommand: CommandModule = {
  command: 'config [scheduler_address]',
  describe: 'Show the settings that run would use with the same arguments, secrets masked',
  builder: (parser) =>
    parser
      .positional('scheduler_address', { describe: 'As for run, or a configuration file' })
      .option('table', { type: 'boolean', describe: 'Print a table of all settings instead' })
      .example('scaler-ecs config config.toml', 'What each manager in the file would use')
      .example('scaler-ecs config --table', 'All settings, with their defaults')
      .options(helpOptions())
      .epilogue('Exit status: 0 printed, 2 the settings cannot be used.'),
  async handler() {
    const args = hideBin(process.argv).slice(1);
    if (args.includes('--table')) {
      process.stdout.write(markdownTable());
      return;
    }
    const [first = ''] = args;
    const argv = args.length === 1 && isConfigFile(first) ? args : ['run', ...args];
    const loaded = loadSettings({
      ...{ argv, env: process.env },
      command: { name: 'config', flags: ['table'] },
    });
    await checkConfigs(loaded.map(({ config }) => config));
    process.stdout.write(
      showSettings(
        loaded.map(({ config, ...rest }) => ({ ...rest, config: withStateDir(config) })),
      ),
    );
  },
};
