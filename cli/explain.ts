import type { Argv, CommandModule } from 'yargs';
import type { Explained } from '../src/control/api.ts';
import { ControlFailure } from '../src/control/controlFailure.ts';
import { drawLife } from '../src/control/view/lifeView.ts';
import {
  type ControlArguments,
  columnsOf,
  controlOptions,
  printJson,
  printLines,
  wantedOf,
} from './controlOptions.ts';

type ExplainArguments = ControlArguments & { id: string };

export const explainCommand: CommandModule<object, ExplainArguments> = {
  command: 'explain <id>',
  describe: 'Explain one group: what happened, what AWS said, what it means, what to do',
  builder: (parser) =>
    controlOptions(parser)
      .positional('id', {
        type: 'string',
        demandOption: true,
        describe:
          'Id of a group or of a Fargate task, its beginning, or last: the last that failed (else the last that ended)',
      })
      .example('scaler-ecs explain last', 'Why the last task ended')
      .example(
        'scaler-ecs explain 4f2e --json',
        'For a program; without a daemon the journal is read',
      ) as unknown as Argv<ExplainArguments>,
  async handler(given) {
    const id = String(given.id);
    const { explained, source } = await ask(given, id);
    if (source !== null && !given.json) process.stderr.write(`scaler-ecs: ${source}\n`);
    printLife(explained, id, given.json);
  },
};

/** The daemon's explanation; where none answers, that of the journal, and why. */
async function ask(
  given: ControlArguments,
  group: string,
): Promise<{ explained: Explained; source: string | null }> {
  const { findManager } = await import('../src/daemon/control/managers.ts');
  const { dir } = await findManager(wantedOf(given), process.env);
  const { connectControl } = await import('../src/control/client.ts');
  try {
    const client = await connectControl(dir);
    try {
      return { explained: await client.ask('explain', { group }), source: null };
    } finally {
      client.close();
    }
  } catch (error) {
    if (!(error instanceof ControlFailure) || error.kind !== 'noDaemon') throw error;
    const { explainFromJournal } = await import('../src/daemon/control/fromJournal.ts');
    const explained = explainFromJournal(dir, group);
    if (explained === null) throw error;
    return { explained, source: `${error.message}; read from the journal` };
  }
}

/** Throws a ControlFailure when there is no such life. */
export function printLife(explained: Explained, id: string, json: boolean): void {
  if ('ambiguous' in explained)
    throw new ControlFailure(
      'unknown',
      `${JSON.stringify(id)} could be any of: ${explained.ambiguous.join(', ')}`,
    );
  if ('unknown' in explained)
    throw new ControlFailure(
      'unknown',
      id === 'last'
        ? 'no group has ended yet'
        : `no group and no task ${JSON.stringify(id)} is known; the last 1,000 that ended are remembered`,
    );
  const { life } = explained;
  if (json) printJson(life);
  else printLines(drawLife(life, columnsOf(), Date.now()));
}
