import { readFileSync } from 'node:fs';
import type { Argv, CommandModule } from 'yargs';
import { ConfigFailure } from '../src/config/configFailure.ts';
import { nearest } from '../src/config/nearest.ts';
import { fileReason } from '../src/shared/fileReason.ts';

type FormatName = 'text' | 'json' | 'markdown' | 'vitest';

interface PathsArguments {
  machine: string | undefined;
  format: FormatName;
  all: boolean;
  against: string | undefined;
  json: boolean;
}

/** Walks of the machines for a person or a runner, and the check of a log against the machines. */
export const pathsCommand: CommandModule<object, PathsArguments> = {
  command: 'paths [machine]',
  describe: 'Print walks that take every transition of the machines, or check a log against them',
  builder: (yargs) =>
    yargs
      .positional('machine', { type: 'string', describe: 'Id of a machine; left out: all' })
      .option('format', {
        choices: ['text', 'json', 'markdown', 'vitest'] as const,
        default: 'text' as const,
        describe: 'text and markdown for people; vitest is a test file that can be run',
      })
      .option('all', {
        type: 'boolean',
        default: false,
        describe: 'Every edge of the models, as our own suite walks them: many thousands',
      })
      .option('against', {
        type: 'string',
        describe:
          'Check a recording of --inspect, or a JSON log of --logging-level DEBUG: which transition do the machines not allow, and what was reached?',
      })
      .option('json', { type: 'boolean', default: false, describe: 'Print one JSON document' })
      .example('scaler-ecs paths workerGroup', 'The walks of one machine')
      .example('scaler-ecs paths --format vitest > walks.test.ts', 'A test file')
      .example('scaler-ecs paths --against manager.log', 'What a production day reached')
      .epilogue(
        'Exit status: 0 printed, or everything is allowed; 1 a transition is not allowed; 2 the arguments or the file cannot be used.',
      ) as Argv<PathsArguments>,
  async handler({ machine, format, all, against, json }) {
    if (against !== undefined) await check(String(against), json);
    else await print(machine, json ? 'json' : format, all);
  },
};

async function print(machine: string | undefined, format: FormatName, all: boolean): Promise<void> {
  const { modelled } = await import('../src/paths/machines.ts');
  const { coveringPaths, everyPath } = await import('../src/paths/walks.ts');
  const { formats } = await import('../src/paths/formats.ts');
  const names = modelled.map((each) => each.machine.id);
  if (machine !== undefined && !names.includes(machine)) {
    const suggestion = nearest(machine, names);
    throw new ConfigFailure(
      `there is no machine ${JSON.stringify(machine)}; ${suggestion ? `did you mean ${suggestion}?` : `there are ${names.join(', ')}`}`,
    );
  }
  const wanted = modelled.filter((each) => machine === undefined || each.machine.id === machine);
  const found = wanted.map((of) => ({ of, paths: all ? everyPath(of) : coveringPaths(of) }));
  process.stdout.write(formats[format](found));
}

async function check(file: string, json: boolean): Promise<void> {
  const { isOurLog, isRecording, seenInLog, seenInRecording } = await import(
    '../src/paths/traces.ts'
  );
  const { checkTrace, traceText } = await import('../src/paths/traceCheck.ts');
  const text = textOf(file);
  let seen: ReturnType<typeof seenInLog>;
  try {
    seen = isRecording(text) ? seenInRecording(text) : seenInLog(text);
  } catch (error) {
    throw new ConfigFailure(`${file}: ${(error as Error).message}`);
  }
  if (!seen.some(({ kind }) => kind !== 'gone'))
    throw new ConfigFailure(
      isOurLog(text)
        ? `${file}: the log says nothing of transitions; run the daemon with --logging-level DEBUG --logging-format json, or save a recording of --inspect`
        : `${file}: neither a recording of --inspect nor a JSON log of scaler-ecs`,
    );
  const report = checkTrace(seen);
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : traceText(report));
  if (report.disallowed.length > 0) process.exitCode = 1;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigFailure(`${file}: ${fileReason(error)}`);
  }
}
