import { nearest } from './nearest.ts';

/** The message for a flag that does not exist, with the most likely correction. `flags` are without dashes. */
export function unknownFlagText(
  written: string,
  flags: readonly string[],
  command: string,
): string {
  const name = written.replace(/^-+/, '');
  const dashed = name.replaceAll('_', '-');
  if (flags.includes(dashed)) return `${written}: flags are written with dashes; write --${dashed}`;
  const completions = dashed === '' ? [] : flags.filter((each) => each.startsWith(dashed));
  if (completions.length > 0)
    return `${written}: flags cannot be abbreviated; write ${completions.map((each) => `--${each}`).join(' or ')}`;
  const suggestion = nearest(name, flags);
  return `unknown flag ${written}${suggestion ? `; did you mean --${suggestion}?` : `; see scaler-ecs ${command}--help`}`;
}
