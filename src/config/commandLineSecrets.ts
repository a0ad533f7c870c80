import { hidePasswords } from './configFailure.ts';
import { flagOf, keys, rowOf, variableOf } from './schema.ts';
import type { Settings } from './settings.ts';

/** A warning for each secret that other users of this machine can read, in the list of its processes. */
export function commandLineSecrets({ values, sources }: Settings): string[] {
  return keys.flatMap((key) => {
    const { secret, readBySdk } = rowOf(key);
    const texts = [values[key]].flat().filter((value) => typeof value === 'string');
    const isSecret = secret || texts.some((text) => hidePasswords(text) !== text);
    if (sources[key] !== 'flag' || !isSecret || key === 'aws_access_key_id') return [];
    const other = readBySdk ?? variableOf(key);
    return [
      `--${flagOf(key)}: other users of this machine can read a secret on the command line; use ${other}, or the configuration file with --config`,
    ];
  });
}
