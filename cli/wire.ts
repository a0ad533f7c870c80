import { readFileSync } from 'node:fs';
import type { Argv, CommandModule } from 'yargs';
import type { Generation } from '../machines/scheduler/messages.ts';
import { decodeMessage } from '../src/scheduler/protocol/codec.ts';
import { GENERATIONS } from '../src/scheduler/protocol/generations.ts';
import { notation } from '../src/scheduler/protocol/notation.ts';

interface DecodeArguments {
  files: string[];
  json: boolean;
  generation: Generation | undefined;
}

const decodeCommand: CommandModule<object, DecodeArguments> = {
  command: 'decode <files..>',
  describe: 'Print what captured messages say, one line a file',
  builder: (yargs) =>
    yargs
      .positional('files', {
        type: 'string',
        array: true,
        demandOption: true,
        describe:
          "One message a file, as the transport carries it, without the transport's framing",
      })
      .option('json', { type: 'boolean', default: false, describe: 'One JSON object a line' })
      .option('generation', {
        choices: GENERATIONS,
        describe: "The peer's protocol generation, for bytes that several generations write",
      }) as Argv<DecodeArguments>,
  handler: ({ files, json, generation }) => {
    // A file name that looks like a number came through yargs as one.
    for (const file of files.map(String)) {
      try {
        print(file, json, generation);
      } catch (error) {
        console.error(`scaler-ecs wire: ${file}: ${reason(error)}`);
        process.exitCode = 1;
      }
    }
  },
};

/** Looks at bytes of the scheduler's protocol; connects to nothing. */
export const wireCommand: CommandModule = {
  command: 'wire',
  describe: "Look into messages of the scheduler's protocol",
  builder: (yargs) => yargs.command(decodeCommand).demandCommand(1, 'wire needs a command: decode'),
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

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'no such file';
  return message.split('\n')[0] ?? String(error);
}
