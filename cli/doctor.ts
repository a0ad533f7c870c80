import type { CommandModule } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { helpOptions } from '../src/config/arguments.ts';
import { ConfigFailure } from '../src/config/configFailure.ts';
import { type Loaded, loadSettings, warnOnStderr } from '../src/config/load.ts';
import { addressOrFile, partArguments } from './ownFlags.ts';

export const doctorCommand: CommandModule = {
  command: 'doctor [scheduler_address]',
  describe: 'Check settings, AWS account and scheduler before the first start; launches nothing',
  builder: (parser) =>
    parser
      .positional('scheduler_address', addressOrFile)
      .option('json', { type: 'boolean', describe: 'Print one JSON document' })
      .options(helpOptions())
      .example('scaler-ecs doctor config.toml', 'Check every aws_raw_ecs manager in the file')
      .example(
        'scaler-ecs doctor tcp://127.0.0.1:8516 -wmi wm-ecs --ecs-subnets subnet-1 --json',
        'Check the same settings as run, for a program',
      )
      .epilogue(
        'Ends within 10 s, and creates, launches and writes nothing.\nExit status: 0 no errors (warnings are shown), 1 errors found, 2 the settings cannot be used.',
      ),
  async handler() {
    const { given, argv } = partArguments(hideBin(process.argv).slice(1), { json: 'switch' });
    process.exit(await doctor(argv, given.json === true));
  },
};

async function doctor(argv: string[], json: boolean): Promise<number> {
  const { diagnose, diagnoseFailure } = await import('../src/daemon/doctor/doctor.ts');
  const { doctorText } = await import('../src/daemon/doctor/doctorText.ts');
  const colour = process.stdout.isTTY === true && !process.env.NO_COLOR;
  const print = (diagnoses: Parameters<typeof doctorText>[0][]) =>
    process.stdout.write(
      json
        ? `${JSON.stringify(diagnoses, null, 2)}\n`
        : diagnoses.map((each) => doctorText(each, colour)).join('\n'),
    );
  let loaded: Loaded[];
  try {
    loaded = load(argv);
  } catch (error) {
    if (!(error instanceof ConfigFailure)) throw error;
    print([diagnoseFailure(error)]);
    return 2;
  }
  const diagnoses = await Promise.all(loaded.map((each) => diagnose(each, process.env)));
  print(diagnoses);
  return diagnoses.some(({ verdict }) => verdict === 'faulty') ? 1 : 0;
}

/** Loads the settings. Warnings about one manager become findings; those about the whole file are printed. */
function load(argv: string[]): Loaded[] {
  const lines: string[] = [];
  const loaded = loadSettings({
    argv,
    env: process.env,
    warn: (line) => lines.push(line),
    takeUnreachable: true,
    command: { name: 'doctor', flags: ['json'] },
  });
  const ofManagers = loaded.flatMap(({ warnings }) => warnings);
  for (const line of lines) if (!ofManagers.includes(line)) warnOnStderr(line);
  return loaded;
}
