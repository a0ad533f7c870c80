import { readFileSync } from 'node:fs';
import type { Argv, CommandModule } from 'yargs';
import { ConfigFailure } from '../src/config/configFailure.ts';
import { fileReason } from '../src/shared/fileReason.ts';

interface InspectArguments {
  file: string;
  port: number;
}

/** Shows a saved recording in the inspector's page, without a daemon. */
export const inspectCommand: CommandModule<object, InspectArguments> = {
  command: 'inspect <file>',
  describe: 'Show a saved recording in the page of the inspector, without a daemon',
  builder: (yargs) =>
    yargs
      .positional('file', {
        type: 'string',
        demandOption: true,
        describe: 'A recording: saved in the page, or by npm run simulate -- --record',
      })
      .option('port', { type: 'number', default: 8080, describe: 'Port on loopback' })
      .example('scaler-ecs inspect scaler-ecs-2026-11-26.jsonl', 'Serve the page until Ctrl-C')
      .epilogue(
        'The page of a running daemon: start it with --inspect. Exit status: 2 the file cannot be read.',
      ) as Argv<InspectArguments>,
  async handler({ file, port }) {
    const { serveRecording } = await import('../src/telemetry/inspector/serveRecording.ts');
    const { url } = await serveRecording(textOf(String(file)), port).catch(
      (error: NodeJS.ErrnoException) => {
        throw new ConfigFailure(
          error.code === 'EADDRINUSE'
            ? `--port: port ${port} is in use; choose another one`
            : `${file}: ${error.message}`,
        );
      },
    );
    process.stdout.write(`Open ${url}\nCtrl-C ends.\n`);
  },
};

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigFailure(`${file}: ${fileReason(error)}`);
  }
}
