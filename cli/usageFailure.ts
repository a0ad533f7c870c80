import { ConfigFailure } from '../src/config/configFailure.ts';
import { unknownFlagText } from '../src/config/unknownFlag.ts';

/** What was called, for messages about it. */
export interface Called {
  /** The words of the command line, the command first. */
  args: readonly string[];
  /** `explain`, `wire decode`; empty: none that exists. */
  command: string;
  /** The command with its arguments, such as `explain <id>`. */
  usage: string;
  /** Names of its flags, without dashes. */
  flags: readonly string[];
}

/** A message of yargs as a ConfigFailure of one line, in the form of the other messages. */
export function usageFailure(message: string, called: Called): ConfigFailure {
  return new ConfigFailure(textOf(message, called));
}

function textOf(message: string, { args, command, usage, flags }: Called): string {
  const see = `see scaler-ecs ${command === '' ? '' : `${command} `}--help`;
  // yargs gives the name in camel case, however it was written.
  const flag = (name = '') =>
    args.find((word) => word.replace(/=.*$/s, '') === `--${name}`)
      ? `--${name}`
      : `--${dashed(name)}`;
  const [, unknown] = /^Unknown (?:arguments?|commands?): ([^,]+)/.exec(message) ?? [];
  if (unknown !== undefined)
    return args.includes(unknown) && !unknown.startsWith('-')
      ? `unexpected argument ${JSON.stringify(unknown)}; ${see}`
      : unknownFlagText(flag(unknown), flags, command === '' ? '' : `${command} `);
  const [, unfinished] = /^Not enough arguments following: (.+)$/.exec(message) ?? [];
  if (unfinished !== undefined) return `${flag(unfinished)}: needs a value`;
  if (message.startsWith('Not enough non-option arguments')) {
    const [, noun = 'argument'] = /<(\w+?)s?(?:\.\.)?>/.exec(usage) ?? [];
    return `${command} needs ${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}; ${see}`;
  }
  const [, name, given, choices = ''] =
    /Argument: ([^,]+), Given: (.*?), Choices: (.*)$/m.exec(message) ?? [];
  if (name === undefined) return message.split('\n', 1)[0] ?? message;
  const subject = usage.includes(`[${name}]`) ? name : flag(name);
  return `${subject} must be one of ${choices.replaceAll('"', '')}, got ${given}`;
}

function dashed(name: string): string {
  return name
    .replaceAll(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)
    .replace('___proto___', '__proto__');
}
