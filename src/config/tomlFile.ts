import { parse, TomlError } from 'smol-toml';
import type { Address } from '../shared/address.ts';
import { fileReason } from '../shared/fileReason.ts';
import { ConfigFailure, shown } from './configFailure.ts';
import { nearest } from './nearest.ts';
import { isKey, type Key, keys, rowOf } from './schema.ts';
import { address } from './valueTypes.ts';

/** One `[[worker_manager]]` of type aws_raw_ecs, or one `[[scaler_ecs]]`. Integers are bigint; other values have their TOML types. */
export interface Entry {
  values: Map<Key, unknown>;
  /** The place in the file, for messages. */
  place: string;
}

export interface ConfigFile {
  entries: Entry[];
  /** Sections and managers in the file that this program ignores. */
  otherSections: string[];
  neighbours: Neighbours;
}

/** What the file says about Scaler's other programs. Null: nothing, or nothing that can be read. */
export interface Neighbours {
  path: string;
  /** Where the scheduler listens. */
  schedulerBind: Address | null;
  /** Where the object storage server listens. */
  storageBind: Address | null;
  /** The address of the object storage that the scheduler tells workers that ask. */
  storageTold: Address | null;
}

const ourType = 'aws_raw_ecs';
/** A section of our own: Scaler ignores it, so that `scaler config.toml` starts no second manager for it. */
const ourSection = 'scaler_ecs';
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
    const name = plainName(section);
    if (name !== 'worker_manager' && name !== ourSection) {
      otherSections.push(Array.isArray(content) ? `[[${section}]]` : `[${section}]`);
      continue;
    }
    tables(path, name, content).forEach((table, index, { length }) => {
      const place = `${path}${length > 1 ? `, [[${name}]] ${index + 1}` : ''}`;
      if (name === 'worker_manager' && table.type !== ourType)
        otherSections.push(`[[worker_manager]] of type ${shown(table.type)}`);
      else entries.push({ place, values: valuesOf(table, place, warn) });
    });
  }
  return { entries, otherSections, neighbours: neighboursIn(path, document) };
}

function neighboursIn(path: string, document: Table): Neighbours {
  const read = (section: string, ...names: string[]): Address | null => {
    const [, table] = Object.entries(document).find(([name]) => plainName(name) === section) ?? [];
    if (!isTable(table)) return null;
    const values = new Map(Object.entries(table).map(([name, value]) => [plainName(name), value]));
    const value = names.map((name) => values.get(name)).find((each) => each !== undefined);
    try {
      return typeof value === 'string' ? address.fromText(value) : null;
    } catch {
      // The program that reads the section reports it.
      return null;
    }
  };
  return {
    path,
    schedulerBind: read('scheduler', 'bind_address'),
    storageBind: read('object_storage_server', 'bind_address'),
    storageTold: read('scheduler', 'advertised_object_storage_address', 'object_storage_address'),
  };
}

/** The failure for a file without an entry of type aws_raw_ecs, with the most likely reason. */
export function noEntryFailure(path: string, { otherSections }: ConfigFile): ConfigFailure {
  const oldName = oldSectionNames.find((name) =>
    otherSections.some((one) => plainName(one) === `[${name}]`),
  );
  const suggestions = otherSections.flatMap((one) => {
    const [, section, type] = /^\[+([^\]]+)\]+(?: of type "(.*)")?$/.exec(one) ?? [];
    const word = plainName(type ?? section ?? '');
    const name = nearest(word, type === undefined ? ['worker_manager', ourSection] : [ourType]);
    if (name === null) return [];
    const meant =
      name === ourSection ? `[[${name}]]` : `[[worker_manager]] and below it type = "${ourType}"`;
    return `${path}: ${one} is not read by scaler-ecs; did you mean ${meant}?`;
  });
  if (suggestions[0] !== undefined && oldName === undefined)
    return new ConfigFailure(suggestions[0]);
  return new ConfigFailure(
    oldName
      ? `${path}: [${oldName}] is what older Scaler releases read; write [[worker_manager]] and below it type = "${ourType}"`
      : `${path}: no [[worker_manager]] of type = "${ourType}", and no [[${ourSection}]]; see scaler-ecs config --table`,
  );
}

function parsed(path: string, readFile: (path: string) => string): Table {
  let content: string;
  try {
    content = readFile(path);
  } catch (error) {
    throw new ConfigFailure(`cannot read ${path}: ${fileReason(error)}`, {
      cause: error,
      remedy: 'give a configuration file that can be read',
    });
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

/** The tables of `[[name]]`, or the single table `[name]`. */
function tables(path: string, name: string, content: unknown): Table[] {
  const all = Array.isArray(content) ? content : [content];
  if (all.every(isTable)) return all;
  throw new ConfigFailure(`${path}: ${name} must be [[${name}]] tables`);
}

function valuesOf(table: Table, place: string, warn: Warn): Map<Key, unknown> {
  const values = new Map<Key, unknown>();
  const read = (from: Table) => {
    for (const [name, value] of Object.entries(from)) {
      const key = plainName(name);
      if (key === 'type' && from === table && value === ourType) continue;
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
