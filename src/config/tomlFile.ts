import { parse, TomlError } from 'smol-toml';
import { ConfigFailure, shown } from './configFailure.ts';
import { nearest } from './nearest.ts';
import { isKey, type Key, keys, rowOf } from './schema.ts';

/** One `[[worker_manager]]` of type aws_raw_ecs. Integers are bigint; other values have their TOML types. */
export interface Entry {
  values: Map<Key, unknown>;
  /** The place in the file, for messages. */
  place: string;
}

export interface ConfigFile {
  entries: Entry[];
  /** Sections and managers in the file that this program ignores. */
  otherSections: string[];
}

const ourType = 'aws_raw_ecs';
/** Names of this section in Scaler releases before `[[worker_manager]]`. */
const oldSectionNames = ['worker_manager_aws_raw_ecs', 'ecs_worker_manager', 'ecs_worker_adapter'];
/** Sub-tables in which Scaler also accepts settings. */
const groups = ['worker_manager_config', 'worker_config', 'logging_config'];
const fileKeys = keys.filter((key) => !rowOf(key).flagOnly);

type Warn = (line: string) => void;
type Table = Record<string, unknown>;

/** Reads and parses a configuration file. Throws a ConfigFailure; warns about keys that are ignored. */
export function readConfigFile(
  path: string,
  readFile: (path: string) => string,
  warn: Warn,
): ConfigFile {
  const document = parsed(path, readFile);
  const otherSections: string[] = [];
  const entries: Entry[] = [];
  for (const [section, content] of Object.entries(document)) {
    if (!isTable(content) && !Array.isArray(content) && isKey(plainName(section))) {
      warn(`key ${shown(section)} in ${path} is above all sections and is ignored`);
      continue;
    }
    if (plainName(section) !== 'worker_manager') {
      otherSections.push(Array.isArray(content) ? `[[${section}]]` : `[${section}]`);
      continue;
    }
    tables(path, content).forEach((table, index, { length }) => {
      const place = `${path}${length > 1 ? `, [[worker_manager]] ${index + 1}` : ''}`;
      if (table.type !== ourType)
        otherSections.push(`[[worker_manager]] of type ${shown(table.type)}`);
      else entries.push({ place, values: valuesOf(table, place, warn) });
    });
  }
  return { entries, otherSections };
}

/** The failure for a file without an entry of type aws_raw_ecs, with the most likely reason. */
export function noEntryFailure(path: string, { otherSections }: ConfigFile): ConfigFailure {
  const oldName = oldSectionNames.find((name) =>
    otherSections.some((one) => plainName(one) === `[${name}]`),
  );
  const near = otherSections.find((one) => {
    const [, section, type] = /^\[+([^\]]+)\]+(?: of type "(.*)")?$/.exec(one) ?? [];
    const word = plainName(type ?? section ?? '');
    return nearest(word, [type === undefined ? 'worker_manager' : ourType]) !== null;
  });
  if (near !== undefined && oldName === undefined)
    return new ConfigFailure(
      `${path}: ${near} is not read by scaler-ecs; did you mean [[worker_manager]] and below it type = "${ourType}"?`,
    );
  return new ConfigFailure(
    oldName
      ? `${path}: [${oldName}] is what older Scaler releases read; write [[worker_manager]] and below it type = "${ourType}"`
      : `${path}: no [[worker_manager]] of type = "${ourType}"`,
  );
}

function parsed(path: string, readFile: (path: string) => string): Table {
  let content: string;
  try {
    content = readFile(path);
  } catch (error) {
    throw new ConfigFailure(`cannot read ${path}: ${oneLine(error)}`, { cause: error });
  }
  try {
    return parse(content.replace(/^\uFEFF/, ''), { integersAsBigInt: true });
  } catch (error) {
    // Only the first line of the parser's message: the others quote the file, which may contain secrets.
    const where = error instanceof TomlError ? `:${error.line}:${error.column}` : '';
    throw new ConfigFailure(`${path}${where}: ${oneLine(error)}`);
  }
}

function oneLine(error: unknown): string {
  return String((error as Error).message).split('\n', 1)[0] as string;
}

/** Keys and sections may be written with dashes instead of underscores, as in Scaler. */
function plainName(name: string): string {
  return name.replaceAll('-', '_');
}

function isTable(value: unknown): value is Table {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
  );
}

/** The tables of `[[worker_manager]]`, or the single table `[worker_manager]`. */
function tables(path: string, content: unknown): Table[] {
  const all = Array.isArray(content) ? content : [content];
  if (all.every(isTable)) return all;
  throw new ConfigFailure(`${path}: worker_manager must be [[worker_manager]] tables`);
}

function valuesOf(table: Table, place: string, warn: Warn): Map<Key, unknown> {
  const values = new Map<Key, unknown>();
  const read = (from: Table) => {
    for (const [name, value] of Object.entries(from)) {
      const key = plainName(name);
      if (key === 'type' && from === table) continue;
      if (groups.includes(key) && isTable(value) && from === table) read(value);
      else if (!isKey(key) || rowOf(key).flagOnly) warn(unknownKey(name, place));
      else if (values.has(key)) throw new ConfigFailure(`${key}: set twice in ${place}`);
      else values.set(key, value);
    }
  };
  read(table);
  return values;
}

function unknownKey(name: string, place: string): string {
  const suggestion = nearest(plainName(name), fileKeys);
  return `unknown key ${shown(name)} in ${place} is ignored${suggestion ? `; did you mean ${suggestion}?` : ''}`;
}
