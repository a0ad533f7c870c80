import type { Argv, CommandModule } from 'yargs';
import type { DrainAnswer } from '../src/control/api.ts';
import { type ControlArguments, controlOptions, printJson, withDaemon } from './controlOptions.ts';

type DrainArguments = ControlArguments & { ids: string[] };

/** Groups that one request may name. */
const perRequest = 10;

export const drainCommand: CommandModule<object, DrainArguments> = {
  command: 'drain <ids..>',
  describe: 'Stop groups when they are idle; those that are still desired are replaced',
  builder: (parser) =>
    controlOptions(parser)
      .positional('ids', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'Ids of groups or of Fargate tasks, or their beginnings',
      })
      .example('scaler-ecs drain 4f2e 81aa', 'Two tasks, by the beginning of their ids')
      .example(
        'scaler-ecs hold --reason "new image" && scaler-ecs drain 4f2e',
        'Without a replacement, until scaler-ecs resume',
      ) as unknown as Argv<DrainArguments>,
  async handler(given) {
    const ids = given.ids.map(String);
    const all: DrainAnswer = { draining: [], unknown: [], ambiguous: [] };
    await withDaemon(given, async (client) => {
      for (let start = 0; start < ids.length; start += perRequest) {
        const groups = ids.slice(start, start + perRequest);
        const answer = await client.ask('drain', { groups });
        for (const key of ['draining', 'unknown', 'ambiguous'] as const)
          all[key].push(...answer[key]);
        if (answer.ambiguous.length > 0) break;
      }
    });
    const { draining, unknown, ambiguous } = all;
    if (given.json) printJson(all);
    else if (draining.length > 0)
      process.stdout.write(
        `Draining ${draining.join(', ')}: each is stopped when it is idle, at the latest after drain_timeout.\n`,
      );
    const complaints = [
      ...(unknown.length > 0 ? [`no living group ${unknown.join(', ')}`] : []),
      ...(ambiguous.length > 0
        ? [`${ambiguous.join(', ')} could mean several groups, so nothing more was drained`]
        : []),
    ];
    if (complaints.length === 0) return;
    process.stderr.write(`scaler-ecs: ${complaints.join('; ')}\n`);
    process.exitCode = 1;
  },
};
