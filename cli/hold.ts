import type { Argv, CommandModule } from 'yargs';
import { type ControlArguments, controlOptions, printJson, withDaemon } from './controlOptions.ts';

type HoldArguments = ControlArguments & { reason: string };

export const holdCommand: CommandModule<object, HoldArguments> = {
  command: 'hold',
  describe: 'Launch nothing until resume; what runs is kept',
  builder: (parser) =>
    controlOptions(parser)
      .option('reason', {
        type: 'string',
        requiresArg: true,
        default: 'no reason given',
        describe: 'Shown by status and in the log',
      })
      .example(
        'scaler-ecs hold --reason "quota is being raised"',
        'Until scaler-ecs resume',
      ) as Argv<HoldArguments>,
  async handler(given) {
    const reason = given.reason.trim().slice(0, 200) || 'no reason given';
    const answer = await withDaemon(given, (client) => client.ask('hold', { reason }));
    if (given.json) printJson(answer);
    else process.stdout.write('Launches are held until scaler-ecs resume, or a new start.\n');
  },
};
