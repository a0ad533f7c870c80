import type { CommandModule } from 'yargs';
import { counted } from '../src/control/view/words.ts';
import { type ControlArguments, controlOptions, printJson, withDaemon } from './controlOptions.ts';

export const retryCommand: CommandModule<object, ControlArguments> = {
  command: 'retry',
  describe: 'Try at once what is held back after failures, because its cause is fixed',
  builder: (parser) =>
    controlOptions(parser).example(
      'scaler-ecs retry',
      'After a role, an image or a quota was corrected',
    ),
  async handler(given) {
    const answer = await withDaemon(given, (client) => client.ask('retry', {}));
    if (given.json) return printJson(answer);
    process.stdout.write(
      answer.breakers === 0
        ? 'Nothing was held back after failures.\n'
        : `${counted(answer.breakers, 'breaker')}: one task is tried at once.\n`,
    );
  },
};
