import yargs, { type Options } from 'yargs';
import { ConfigFailure } from './configFailure.ts';
import { defaultText } from './docs.ts';
import { flagOf, isKey, type Key, keys, named, rowOf } from './schema.ts';
import { unknownFlagText } from './unknownFlag.ts';

/** The values given on the command line, as text; switches as booleans. */
export type CommandLineValues = Partial<Record<Key, string | string[] | boolean>>;

/** With yargs' defaults, -mtc would be read as -m -t -c, "12" as a number, and --no-inspect would exist. */
const parserConfiguration = {
  'short-option-groups': false,
  'camel-case-expansion': false,
  'dot-notation': false,
  'boolean-negation': false,
  'parse-numbers': false,
  'parse-positional-numbers': false,
  'duplicate-arguments-array': false,
  'strip-aliased': true,
};

const flagKeys = keys.filter((key) => !rowOf(key).positional);

/** The command that was given, for messages, and its flags beside those of the settings. */
export interface CommandNames {
  name: string;
  flags: readonly string[];
}

const runNames: CommandNames = { name: 'run', flags: [] };

/** Parses the arguments of `scaler-ecs run`, or those that another command shares with it. Throws a ConfigFailure. */
export function parseArguments(words: string[], command = runNames): CommandLineValues {
  rejectNamesOfObjects(words, command);
  rejectValuesOfSwitches(words);
  const parser = yargs(nameStdout(words))
    .locale('en')
    .help(false)
    .version(false)
    .exitProcess(false)
    .parserConfiguration(parserConfiguration)
    .fail((message, error) => {
      const flag = /^Not enough arguments following: (.+)$/.exec(message ?? '')?.[1];
      const key = flag && keyOf(flag);
      if (!key) throw error ?? new ConfigFailure(message);
      throw new ConfigFailure(
        `${named(key)}: needs a value (write --${flagOf(key)}=VALUE if the value begins with a dash)`,
      );
    });
  for (const key of flagKeys) {
    const { short, type } = rowOf(key);
    parser.option(flagOf(key), {
      ...(short && { alias: short }),
      type: type.arity === 'none' ? 'boolean' : 'string',
      array: type.arity === 'many',
      requiresArg: type.arity === 'one',
    });
  }
  return collect(parser.parseSync(), words, command);
}

/** Maps the result of yargs to keys of settings. Throws a ConfigFailure for unknown flags and extra arguments. */
function collect(
  parsed: Record<string, unknown>,
  words: string[],
  command: CommandNames,
): CommandLineValues {
  const given: CommandLineValues = {};
  for (const [name, value] of Object.entries(parsed)) {
    if (name === '_' || name === '$0' || value === undefined) continue;
    const key = keyOf(name);
    if (!key) throw unknownFlag(name, words, command);
    given[key] = value as string | string[] | boolean;
  }
  const [address, ...others] = (parsed._ as (string | number)[]).map(String);
  if (others[0] !== undefined) {
    throw new ConfigFailure(
      `unexpected argument ${JSON.stringify(others[0])}; scheduler_address is already ${JSON.stringify(address)}`,
    );
  }
  if (address !== undefined) given.scheduler_address = address;
  return given;
}

/** The setting with this flag or short flag, both without dashes; null if there is none. */
function keyOf(flag: string): Key | null {
  const key = flag.replaceAll('-', '_');
  if (isKey(key) && !rowOf(key).positional && flag === flagOf(key)) return key;
  return flagKeys.find((key) => rowOf(key).short === flag) ?? null;
}

/** The failure for a flag that does not exist, with the most likely correction. */
function unknownFlag(name: string, words: string[], command: CommandNames): ConfigFailure {
  const written = words.find((word) => /^-{1,2}([^=]*)/.exec(word)?.[1] === name)?.split('=')[0];
  const flag = written ?? `--${name}`;
  if (name === 'scheduler-address') {
    return new ConfigFailure(
      `${flag}: the scheduler's address is a positional argument, not a flag`,
    );
  }
  const flags = [...flagKeys.map(flagOf), ...command.flags];
  return new ConfigFailure(unknownFlagText(flag, flags, `${command.name} `));
}

/** Throws a ConfigFailure for `--constructor`, `--toString=1` and the like: yargs fails on what every object has. */
function rejectNamesOfObjects(words: string[], command: CommandNames): void {
  for (const word of words) {
    const [, name = ''] = /^-{1,2}([^=]+)/.exec(word) ?? [];
    if (name in Object.prototype) throw unknownFlag(name, words, command);
  }
}

/** Throws a ConfigFailure for `--inspect=yes`, which yargs would read as false. */
function rejectValuesOfSwitches(words: string[]): void {
  for (const word of words) {
    const [, name = ''] = /^-{1,2}([^=]+)=/.exec(word) ?? [];
    const key = keyOf(name);
    if (key && rowOf(key).type.arity === 'none') {
      throw new ConfigFailure(`${named(key)}: is a switch and takes no value, got ${word}`);
    }
  }
}

/** Replaces a lone dash among the logging paths by /dev/stdout; yargs would read it as a positional argument. */
function nameStdout(words: string[]): string[] {
  let amongPaths = false;
  return words.map((word) => {
    if (word === '-') return amongPaths ? '/dev/stdout' : word;
    if (word.startsWith('-')) amongPaths = word === '-lp' || word === '--logging-paths';
    return word;
  });
}

/** The flags for `--help`. Short names are part of the description: yargs would print -mtc with two dashes. */
export function helpOptions(): Record<string, Options> {
  return Object.fromEntries(
    flagKeys.map((key) => {
      const { short, type, help, group, default: defaultOf } = rowOf(key);
      const marks = [...(defaultOf ? [] : ['[required]']), ...(short ? [`[-${short}]`] : [])];
      const option: Options = {
        group: `${group}:`,
        describe: [help, ...marks].join(' '),
        defaultDescription: defaultText(key),
        ...(type.arity === 'none' && { type: 'boolean' }),
        ...(type.choices && { choices: type.choices }),
      };
      return [flagOf(key), option];
    }),
  );
}
