import type { Argv, CommandModule } from 'yargs';
import type { ToldEvent } from '../src/control/api.ts';
import { clockTime } from '../src/control/view/words.ts';
import type { Colour } from '../src/shared/terminal/styledText.ts';
import { type LogLevel, logLevels } from '../src/telemetry/events/definition.ts';
import { type ControlArguments, controlOptions, printLines, withDaemon } from './controlOptions.ts';

type EventsArguments = ControlArguments & {
  follow: boolean;
  level: LogLevel;
  name?: string[] | undefined;
};

export const eventsCommand: CommandModule<object, EventsArguments> = {
  command: 'events',
  describe: 'Show what a running daemon has reported lately, or follow it',
  builder: (parser) =>
    controlOptions(parser)
      .option('follow', {
        alias: 'f',
        type: 'boolean',
        default: false,
        describe: 'Keep showing what happens',
      })
      .option('level', {
        choices: logLevels,
        default: 'info' as const,
        describe: 'Lowest level; debug only of what happens from now on',
      })
      .option('name', {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'Only events whose names begin so, such as group. or breaker.',
      })
      .example('scaler-ecs events --follow', 'The log, wherever it is written')
      .example(
        'scaler-ecs events --follow --level debug --name group. --json',
        'Each state of each group, one JSON object a line',
      ) as unknown as Argv<EventsArguments>,
  async handler(given) {
    process.stdout.on('error', () => process.exit(0));
    const names = given.name?.map(String);
    const isWanted = ({ event, level }: ToldEvent) =>
      logLevels.indexOf(level) >= logLevels.indexOf(given.level) &&
      (names === undefined || names.some((name) => event.startsWith(name)));
    await withDaemon(given, async (client) => {
      // Subscribed first, so that nothing falls between what was and what comes.
      const { level } = given;
      const stream = given.follow
        ? client.subscribe({ topic: 'events', level, names })[Symbol.asyncIterator]()
        : null;
      let next = stream?.next();
      const recent = (await client.ask('events', { limit: 200 })).filter(isWanted);
      print(given.follow ? recent.slice(-10) : recent, given.json);
      const known = new Set(recent.map(({ at, event }) => `${at} ${event}`));
      for (; stream && next; next = stream.next()) {
        const { value: push, done } = await next;
        if (done) return;
        if (push.topic !== 'events') continue;
        print(
          push.items.filter(({ at, event }) => !known.has(`${at} ${event}`)),
          given.json,
        );
        if (push.dropped > 0)
          process.stderr.write(
            `scaler-ecs: ${push.dropped} events were left out: too many at once\n`,
          );
      }
    });
  },
};

const colours: Record<LogLevel, Colour> = {
  debug: 'dim',
  info: 'green',
  warn: 'yellow',
  error: 'red',
};

function print(events: readonly ToldEvent[], json: boolean): void {
  if (json) {
    for (const told of events) process.stdout.write(`${JSON.stringify(told)}\n`);
    return;
  }
  if (events.length === 0) return;
  const now = Date.now();
  printLines(
    events.map(({ at, level, sentence, remedy }) => [
      [`${clockTime(at, now)} `, 'dim'],
      [level.toUpperCase().padEnd(6), colours[level]],
      [level === 'info' || remedy === null ? sentence : `${sentence} Remedy: ${remedy}`],
    ]),
  );
}
