import { nearest } from './nearest.ts';
import { flagOf, isKey, keys, rowOf, variableOf } from './schema.ts';
import type { Environment } from './settings.ts';

const prefix = 'SCALER_';

/**
 * Warnings about variables that begin like ours and are not read: misspelt ones, those of settings that have none, and
 * with `fromFileOnly` all but the few that are read then too. Other variables are left to other programs.
 */
export function variableWarnings(env: Environment, fromFileOnly: boolean): string[] {
  return Object.keys(env)
    .filter((name) => name.startsWith(prefix) && env[name])
    .sort()
    .flatMap((name) => warning(name, fromFileOnly) ?? []);
}

function warning(variable: string, fromFileOnly: boolean): string | null {
  const name = variable.slice(prefix.length).toLowerCase();
  const key = isKey(name) ? name : null;
  if (key === null) {
    const meant = nearest(name, keys);
    if (meant === null || !isKey(meant)) return null;
    return `unknown variable ${variable} is ignored; did you mean ${variableOf(meant) ?? rowOf(meant).readBySdk ?? `--${flagOf(meant)}`}?`;
  }
  if (variableOf(key) === null)
    return `variable ${variable} is ignored; write ${rowOf(key).readBySdk ?? `--${flagOf(key)}`}`;
  return fromFileOnly && !rowOf(key).variableAlways
    ? `variable ${variable} is ignored with a configuration file alone, as in Scaler; use scaler-ecs run --config`
    : null;
}
