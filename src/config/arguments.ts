import yargs, { type Options } from 'yargs';
import { ConfigFailure } from './configFailure.ts';
import { nearest } from './nearest.ts';
import { defaultText, flagOf, isKey, type Key, keys, named, rowOf } from './schema.ts';

/** What was given on the command line, still as text. */
export type CommandLineValues = Partial<Record<Key, string | string[] | boolean>>;

/** Without these yargs splits -mtc into -m -t -c, turns "12" into 12 and invents --no-inspect. */
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

/** The words behind `scaler-ecs run`. */
export function parseArguments(words: string[]): CommandLineValues {
  refuseValuesOfSwitches(words);
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
        `${named(key)}: needs a value (write --${flagOf(key)}=VALUE if it begins with a dash)`,
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
  return collect(parser.parseSync(), words);
}

function collect(parsed: Record<string, unknown>, words: string[]): CommandLineValues {
  const given: CommandLineValues = {};
  for (const [name, value] of Object.entries(parsed)) {
    if (name === '_' || name === '$0' || value === undefined) continue;
    const key = keyOf(name);
    if (!key) throw unknownFlag(name, words);
    given[key] = value as string | string[] | boolean;
  }
  const [address, ...others] = (parsed._ as (string | number)[]).map(String);
  if (others[0] !== undefined) {
    throw new ConfigFailure(
      `one word too many: ${JSON.stringify(others[0])}; scheduler_address is already ${JSON.stringify(address)}`,
    );
  }
  if (address !== undefined) given.scheduler_address = address;
  return given;
}

function keyOf(flag: string): Key | null {
  const key = flag.replaceAll('-', '_');
  if (isKey(key) && !rowOf(key).positional && flag === flagOf(key)) return key;
  return flagKeys.find((one) => rowOf(one).short === flag) ?? null;
}

function unknownFlag(name: string, words: string[]): ConfigFailure {
  const written = words.find((word) => /^-{1,2}([^=]*)/.exec(word)?.[1] === name)?.split('=')[0];
  const flag = written ?? `--${name}`;
  if (name === 'scheduler-address') {
    return new ConfigFailure(
      `${flag}: the scheduler's address is given as a bare word, not as a flag`,
    );
  }
  const flags = flagKeys.map(flagOf);
  if (flags.includes(name.replaceAll('_', '-')))
    return new ConfigFailure(`${flag}: flags have dashes; write --${name.replaceAll('_', '-')}`);
  const begun = flags.filter((one) => one.startsWith(name.replaceAll('_', '-')));
  if (begun.length > 0) {
    const full = begun.map((one) => `--${one}`).join(' or ');
    return new ConfigFailure(`${flag}: flags are not abbreviated here; write ${full}`);
  }
  const meant = nearest(name, flags);
  return new ConfigFailure(
    `unknown flag ${flag}${meant ? `; did you mean --${meant}?` : '; see scaler-ecs run --help'}`,
  );
}

/** yargs would read `--inspect=yes` as false. */
function refuseValuesOfSwitches(words: string[]): void {
  for (const word of words) {
    const [, name = ''] = /^-{1,2}([^=]+)=/.exec(word) ?? [];
    const key = keyOf(name);
    if (key && rowOf(key).type.arity === 'none') {
      throw new ConfigFailure(`${named(key)}: is a switch and takes no value, got ${word}`);
    }
  }
}

/** A lone dash among the logging paths is stdout; yargs would take it for a positional. */
function nameStdout(words: string[]): string[] {
  let amongPaths = false;
  return words.map((word) => {
    if (word === '-') return amongPaths ? '/dev/stdout' : word;
    if (word.startsWith('-')) amongPaths = word === '-lp' || word === '--logging-paths';
    return word;
  });
}

/** The same flags for `--help`: yargs would print multi-letter short names with two dashes. */
export const helpOptions = (): Record<string, Options> =>
  Object.fromEntries(
    flagKeys.map((key) => {
      const { short, type, help, group } = rowOf(key);
      const option: Options = {
        group: `${group}:`,
        describe: short ? `${help} [-${short}]` : help,
        defaultDescription: defaultText(key),
        ...(type.arity === 'none' && { type: 'boolean' }),
      };
      return [flagOf(key), option];
    }),
  );
