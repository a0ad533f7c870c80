import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { parseArguments } from './arguments.ts';
import { type Config, toConfig } from './config.ts';
import { ConfigFailure } from './configFailure.ts';
import { crossCheck, warningsFor } from './crossChecks.ts';
import { named } from './schema.ts';
import { type Environment, resolveSettings, type Settings, type Sources } from './settings.ts';
import { noEntryFailure, readConfigFile } from './tomlFile.ts';

export interface LoadInput {
  /** The words behind the program's name: `run [scheduler_address] [flags]`, or one configuration file. */
  argv: string[];
  env: Environment;
  readFile?: (path: string) => string;
  /** Hears what is allowed and probably not meant, a line each; stderr unless told otherwise. */
  warn?: (line: string) => void;
}

/** One manager as it was asked for. */
export interface Loaded {
  settings: Settings;
  config: Config;
}

/** The managers to run, at least one. Throws a ConfigFailure; opens, connects and starts nothing. */
export const loadConfig = (input: LoadInput): Config[] =>
  loadSettings(input).map(({ config }) => config);

/** As loadConfig, and where each value came from. */
export function loadSettings({ argv, env, readFile, warn }: LoadInput): Loaded[] {
  const read = readFile ?? ((path: string) => readFileSync(path, 'utf8'));
  const tell = warn ?? ((line: string) => process.stderr.write(`scaler-ecs: warning: ${line}\n`));
  const sources =
    argv[0] === 'run' ? fromFlags(argv.slice(1), env, read, tell) : fromFile(argv, env, read, tell);
  const all = sources.map((source) => {
    const settings = resolveSettings(source);
    crossCheck(settings);
    for (const line of warningsFor(settings, env)) tell(line);
    return { settings, config: toConfig(settings.values, env, env.HOME || homedir(), read) };
  });
  rejectDuplicates(all);
  for (const line of sharedFamilies(all)) tell(line);
  return all;
}

type Read = (path: string) => string;
type Warn = (line: string) => void;

function fromFlags(words: string[], env: Environment, read: Read, tell: Warn): Sources[] {
  const given = parseArguments(words);
  const path = typeof given.config === 'string' && given.config !== '' ? given.config : null;
  if (path === null) return [{ given, env, entry: null, fromFileOnly: false }];
  const file = readConfigFile(path, read, tell);
  const [entry, second] = file.entries;
  if (!entry) throw noEntryFailure(path, file);
  if (second) {
    throw new ConfigFailure(
      `${path}: ${file.entries.length} [[worker_manager]] are of type aws_raw_ecs; run them all with: scaler-ecs ${path}`,
    );
  }
  return [{ given, env, entry, fromFileOnly: false }];
}

function fromFile(words: string[], env: Environment, read: Read, tell: Warn): Sources[] {
  const [path, extra] = words;
  if (path === undefined) throw new ConfigFailure('no configuration file given');
  if (extra !== undefined) {
    throw new ConfigFailure(
      `${path} stands alone, got ${JSON.stringify(extra)}, too; with flags write: scaler-ecs run --config ${path}`,
    );
  }
  const file = readConfigFile(path, read, tell);
  if (file.entries.length === 0) throw noEntryFailure(path, file);
  if (file.otherSections.length > 0) {
    tell(
      `${path}: not ours, start them with Scaler's own programs: ${file.otherSections.join(', ')}`,
    );
  }
  return file.entries.map((entry) => ({ given: {}, env, entry, fromFileOnly: true }));
}

/** Managers that would each make a revision of their own of one family, at every start. */
function sharedFamilies(all: Loaded[]): string[] {
  const sizes = new Map<string, { place: string; size: string }>();
  return all.flatMap(({ settings, config: { ecs, aws } }) => {
    const place = settings.sources.worker_manager_id;
    const size = JSON.stringify([ecs.taskImage, ecs.taskCpu, ecs.taskMemory, ecs.architecture]);
    const family = `${aws.region} ${ecs.taskDefinition}`;
    const other = sizes.get(family);
    sizes.set(family, other ?? { place, size });
    return other === undefined || other.size === size
      ? []
      : [
          `${named('ecs_task_definition')}: ${ecs.taskDefinition} is to be of other sizes or images in ${other.place} and in ${place}, and each start makes a new revision; give one a name of its own`,
        ];
  });
}

/** Two managers with one mark would fight for every Fargate task. */
function rejectDuplicates(all: Loaded[]): void {
  const seen = new Map<string, string>();
  for (const { settings, config } of all) {
    const { fleetId, workerManagerId, workerSchedulerAddress } = config;
    const place = settings.sources.worker_manager_id;
    const marks = [
      `${workerManagerId}\0${workerSchedulerAddress.text}`,
      ...(fleetId ? [fleetId] : []),
    ];
    for (const mark of marks) {
      const twin = seen.get(mark);
      if (twin) {
        const what =
          mark === fleetId
            ? `fleet_id ${JSON.stringify(fleetId)}`
            : `worker_manager_id ${JSON.stringify(workerManagerId)} for one scheduler`;
        throw new ConfigFailure(`${what} stands twice: in ${twin} and in ${place}`);
      }
      seen.set(mark, place);
    }
  }
}
