import { readFileSync } from 'node:fs';
import type { Argv, CommandModule } from 'yargs';
import type { Generation } from '../machines/scheduler/messages.ts';
import { decodeMessage } from '../src/scheduler/protocol/codec.ts';
import { GENERATIONS } from '../src/scheduler/protocol/generations.ts';
import { notation } from '../src/scheduler/protocol/notation.ts';
import { fileReason } from '../src/shared/fileReason.ts';

interface DecodeArguments {
  files: string[];
  json: boolean;
  generation: Generation | undefined;
}

const decodeCommand: CommandModule<object, DecodeArguments> = {
  command: 'decode <files..>',
  describe: 'Print captured messages, one line per file',
  builder: (yargs) =>
    yargs
      .positional('files', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: "Files with one message each, without the transport's framing",
      })
      .option('json', {
        type: 'boolean',
        default: false,
        describe: 'Print one JSON object per line',
      })
      .option('generation', {
        choices: GENERATIONS,
        describe: 'Protocol generation of the sender, for messages that several generations share',
      })
      .epilogue(
        'Exit status: 0 all printed, 1 a message cannot be decoded, 2 a file cannot be read.',
      ) as Argv<DecodeArguments>,
  handler: ({ files, json, generation }) => {
    // yargs converts file names that look like numbers.
    for (const file of files.map(String)) {
      try {
        print(file, json, generation);
      } catch (error) {
        const isFile = (error as NodeJS.ErrnoException).syscall !== undefined;
        console.error(`scaler-ecs wire: ${file}: ${fileReason(error)}`);
        process.exitCode = isFile ? 2 : (process.exitCode ?? 1);
      }
    }
  },
};

/** Decodes messages of the scheduler's protocol, offline. */
export const wireCommand: CommandModule = {
  command: 'wire',
  describe: "Decode messages of the scheduler's protocol",
  builder: (yargs) =>
    yargs
      .command(decodeCommand)
      .example('scaler-ecs wire decode heartbeat.bin --json', 'One captured message')
      .demandCommand(1, 'wire needs a command: decode'),
  handler: () => {},
};

function print(file: string, json: boolean, hint: Generation | undefined): void {
  const { generation, message, fields } = decodeMessage(readFileSync(file), hint);
  const shown = notation(fields);
  console.log(
    json
      ? JSON.stringify({ file, generation, message, fields: shown })
      : `${file}: ${generation} ${message} ${JSON.stringify(shown)}`,
  );
}
