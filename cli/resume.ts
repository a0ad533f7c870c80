import type { CommandModule } from 'yargs';
import { type ControlArguments, controlOptions, printJson, withDaemon } from './controlOptions.ts';

export const resumeCommand: CommandModule<object, ControlArguments> = {
  command: 'resume',
  describe: 'Let launches go on after hold',
  builder: (parser) =>
    controlOptions(parser).example('scaler-ecs resume -wmi wm-ecs', 'Ends a hold'),
  async handler(given) {
    const answer = await withDaemon(given, (client) => client.ask('resume', {}));
    if (given.json) printJson(answer);
    else process.stdout.write('Launches are not held by an operator.\n');
  },
};
