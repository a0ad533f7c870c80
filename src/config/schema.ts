import type { Row } from './row.ts';
import { awsRows } from './rows/aws.ts';
import { capacityRows } from './rows/capacity.ts';
import { connectionRows } from './rows/connection.ts';
import { launchRows } from './rows/launch.ts';
import { moneyRows } from './rows/money.ts';
import { processRows } from './rows/process.ts';
import { timeoutsRows } from './rows/timeouts.ts';
import { workersRows } from './rows/workers.ts';

/** Every setting of scaler-ecs, in the order of the documentation. */
export const schema = {
  ...connectionRows,
  ...capacityRows,
  ...moneyRows,
  ...workersRows,
  ...awsRows,
  ...launchRows,
  ...timeoutsRows,
  ...processRows,
};

export type Key = keyof typeof schema;
export type Values = { [K in Key]: (typeof schema)[K] extends Row<infer T> ? T : never };

export const keys = Object.keys(schema) as Key[];
/** A row of the schema, for code that handles all rows alike. */
export function rowOf(key: Key): Row<unknown> {
  return schema[key] as unknown as Row<unknown>;
}

/** The flag without its two dashes. */
export function flagOf(key: Key): string {
  return key.replaceAll('_', '-');
}

/** The environment variable that this program reads; null if there is none. */
export function variableOf(key: Key): string | null {
  return rowOf(key).readBySdk || rowOf(key).flagOnly ? null : `SCALER_${key.toUpperCase()}`;
}

export function isKey(name: string): name is Key {
  return Object.hasOwn(schema, name);
}

/** All names of a setting, for messages: flag, key and variable. */
export function named(key: Key): string {
  const { positional, flagOnly, readBySdk } = rowOf(key);
  const variable = variableOf(key) ?? readBySdk;
  if (positional) return `${key} (positional, or in TOML, or ${variable})`;
  return flagOnly ? `--${flagOf(key)}` : `--${flagOf(key)} (${key}, ${variable})`;
}
