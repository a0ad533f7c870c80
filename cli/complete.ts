import yargs, { type Argv, type CommandModule } from 'yargs';

interface Completable {
  load(): Promise<CommandModule>;
}

/** What yargs knows of the flags of a command; it has no types for it. */
interface KnownOptions {
  key: Record<string, unknown>;
  choices: Record<string, readonly string[]>;
}

/** What may stand at the place of the last word, for the scripts of `scaler-ecs completion`. */
export async function suggestions(
  words: readonly string[],
  commands: Record<string, Completable>,
): Promise<string[]> {
  const [name = '', ...rest] = words;
  if (rest.length === 0) return Object.keys(commands);
  const command = Object.hasOwn(commands, name) ? await commands[name]?.load() : undefined;
  if (!command) return [];
  const { key, choices } = optionsOf(command);
  const word = rest.at(-1) ?? '';
  const before = /^--([\w-]+)$/.exec(rest.at(-2) ?? '')?.[1];
  if (before !== undefined && choices[before]) return [...choices[before]];
  if (!word.startsWith('-')) return [];
  const flags = Object.keys(key).filter((each) => each.length > 1 && !each.startsWith('$'));
  return flags.map((flag) => `--${flag}`).filter((flag) => flag.startsWith(word));
}

function optionsOf({ builder }: CommandModule): KnownOptions {
  const parser = yargs([]).help().version(false);
  if (typeof builder === 'function') void builder(parser);
  return (parser as Argv & { getOptions(): KnownOptions }).getOptions();
}
