import { ConfigFailure } from '../src/config/configFailure.ts';
import { isConfigFile } from './isConfigFile.ts';

/** The flags of a command beside those of the settings: `switch` takes no value. */
type OwnFlags = Record<string, 'switch' | 'value'>;

interface Parted {
  given: Record<string, string | true>;
  /** The arguments for loadSettings: one configuration file, or `run` and the flags of the settings. */
  argv: string[];
}

/** Parts the arguments after the command's name into its own flags and those of the settings. Throws a ConfigFailure. */
export function partArguments(words: readonly string[], own: OwnFlags): Parted {
  const given: Parted['given'] = {};
  const rest: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    const [, name = '', value] = /^--([\w-]+)(?:=(.*))?$/s.exec(word) ?? [];
    const kind = Object.hasOwn(own, name) ? own[name] : undefined;
    if (kind === undefined) rest.push(word);
    else if (kind === 'switch') {
      if (value !== undefined) throw new ConfigFailure(`--${name}: is a switch and takes no value`);
      given[name] = true;
    } else {
      const text = value ?? words[++index];
      if (text === undefined || text === '') throw new ConfigFailure(`--${name}: needs a value`);
      given[name] = text;
    }
  }
  const [first = ''] = rest;
  return { given, argv: rest.length === 1 && isConfigFile(first) ? rest : ['run', ...rest] };
}

/** The help of a positional argument that the settings or a configuration file may take. */
export const addressOrFile = { describe: 'As for run, or a configuration file' } as const;
