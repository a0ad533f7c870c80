import type { Argv, CommandModule } from 'yargs';
import { ConfigFailure } from '../src/config/configFailure.ts';
import {
  type ControlArguments,
  columnsOf,
  controlOptions,
  dirOf,
  printJson,
  printLines,
  withDaemon,
} from './controlOptions.ts';

type StatusArguments = ControlArguments & { watch: boolean };

/** Deaths, blockers and degraded groups that are told one by one. */
const detail = 5;

export const statusCommand: CommandModule<object, StatusArguments> = {
  command: 'status',
  describe: 'Show what a running daemon does, and why it launches nothing',
  builder: (parser) =>
    controlOptions(parser)
      .option('watch', {
        alias: 'w',
        type: 'boolean',
        default: false,
        describe: 'Keep showing it, with the groups: f filters, s sorts, Enter opens, q quits',
      })
      .example('scaler-ecs status', 'Of the only manager on this host')
      .example('scaler-ecs status --watch -wmi wm-ecs', 'Live in the terminal')
      .example(
        'scaler-ecs status --json | jq .fleet.groups',
        'For a program',
      ) as Argv<StatusArguments>,
  async handler(given) {
    if (given.watch && given.json) return printEach(given);
    if (given.watch) {
      if (!process.stdout.isTTY)
        throw new ConfigFailure(
          '--watch needs a terminal; with --json it prints one line a second',
        );
      const { watch } = await import('./watch.ts');
      return watch(await dirOf(given));
    }
    const status = await withDaemon(given, (client) => client.ask('status', {}));
    if (given.json) return printJson(status);
    const { drawStatus } = await import('../src/control/view/statusView.ts');
    printLines(drawStatus(status, { columns: columnsOf(), unicode: true, detail }));
  },
};

/** One line of JSON a second, until the daemon or the reader is gone. */
async function printEach(given: ControlArguments): Promise<void> {
  process.stdout.on('error', () => process.exit(0));
  await withDaemon(given, async (client) => {
    for await (const push of client.subscribe({ topic: 'status' }))
      for (const status of push.items) process.stdout.write(`${JSON.stringify(status)}\n`);
  });
}
