import type { CommandModule } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { helpOptions } from '../src/config/arguments.ts';
import { loadSettings } from '../src/config/load.ts';
import { checkConfigs } from './checkConfigs.ts';
import { addressOrFile, partArguments } from './ownFlags.ts';

export const planCommand: CommandModule = {
  command: 'plan [scheduler_address]',
  describe: 'Show what run would create, its RunTask request and its cost; launches nothing',
  builder: (parser) =>
    parser
      .positional('scheduler_address', addressOrFile)
      .option('json', { type: 'boolean', describe: 'Print one JSON document' })
      .options(helpOptions())
      .example('scaler-ecs plan config.toml', 'Plan for every aws_raw_ecs manager in the file')
      .epilogue(
        'Passwords in addresses are masked. Exit status: 0 planned, 2 the settings cannot be used.',
      ),
  async handler() {
    const { given, argv } = partArguments(hideBin(process.argv).slice(1), { json: 'switch' });
    const loaded = loadSettings({
      ...{ argv, env: process.env },
      command: { name: 'plan', flags: ['json'] },
    });
    await checkConfigs(loaded.map(({ config }) => config));
    const { makePlan, planText } = await import('../src/daemon/doctor/plan.ts');
    const plans = await Promise.all(
      loaded.map(async ({ config }) => ({ config, plan: await makePlan(config, process.env) })),
    );
    process.stdout.write(
      given.json === true
        ? `${JSON.stringify(
            plans.map(({ plan }) => plan),
            null,
            2,
          )}\n`
        : plans.map(({ plan, config }) => planText(plan, config)).join('\n'),
    );
    process.exit(0);
  },
};
