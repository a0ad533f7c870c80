import type { CommandModule } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { helpOptions } from '../src/config/arguments.ts';
import { ConfigFailure } from '../src/config/configFailure.ts';
import { loadSettings } from '../src/config/load.ts';
import { checkConfigs } from './checkConfigs.ts';
import { addressOrFile, partArguments } from './ownFlags.ts';

const parts = {
  'first-run': 'firstRun',
  'steady-state': 'steadyState',
  doctor: 'doctor',
} as const;

export const policyCommand: CommandModule = {
  command: 'policy [scheduler_address]',
  describe: 'Print the least-privilege IAM policies for these settings as JSON',
  builder: (parser) =>
    parser
      .positional('scheduler_address', addressOrFile)
      .option('part', {
        type: 'string',
        describe: `Print only this policy document: ${Object.keys(parts).join(', ')}`,
      })
      .option('account', {
        type: 'string',
        describe: 'AWS account id of 12 digits; without it AWS is asked',
      })
      .options(helpOptions())
      .example(
        'scaler-ecs policy config.toml --part steady-state > policy.json && aws iam put-user-policy --user-name scaler --policy-name scaler-ecs --policy-document file://policy.json',
        'Give a user what run needs after the first start',
      )
      .epilogue(
        'first-run is needed beside steady-state until cluster, task definition and role exist; doctor only for scaler-ecs doctor.\nExit status: 0 printed, 2 the settings cannot be used.',
      ),
  async handler() {
    const words = hideBin(process.argv).slice(1);
    const { given, argv } = partArguments(words, { part: 'value', account: 'value' });
    const part = partIn(given.part);
    const account = accountIn(given.account);
    const [first, second] = loadSettings({
      ...{ argv, env: process.env },
      command: { name: 'policy', flags: ['part', 'account'] },
    });
    if (!first) return;
    if (second)
      throw new ConfigFailure('policy takes a file with one aws_raw_ecs manager, or flags');
    await checkConfigs([first.config]);
    const { makePolicies } = await import('../src/daemon/doctor/policy.ts');
    const made = await makePolicies(first.config, process.env, account);
    if (made.account === '*')
      process.stderr.write(
        'scaler-ecs: AWS did not tell the account, so that the policies name any; give --account ID\n',
      );
    const shown = part === undefined ? made.policies : made.policies[part];
    process.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
    process.exit(0);
  },
};

function partIn(given: string | true | undefined) {
  if (given === undefined) return undefined;
  if (typeof given === 'string' && Object.hasOwn(parts, given))
    return parts[given as keyof typeof parts];
  throw new ConfigFailure(`--part must be one of ${Object.keys(parts).join(', ')}`);
}

function accountIn(given: string | true | undefined): string | undefined {
  if (given === undefined) return undefined;
  if (typeof given === 'string' && /^\d{12}$/.test(given)) return given;
  throw new ConfigFailure('--account must be an account id of 12 digits');
}
