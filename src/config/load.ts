import { readFileSync } from 'node:fs';
import { type CommandLineValues, type CommandNames, parseArguments } from './arguments.ts';
import { endpointsOf } from './awsEndpoints.ts';
import { readAwsProfile } from './awsProfile.ts';
import { type Config, toConfig } from './config.ts';
import { ConfigFailure } from './configFailure.ts';
import { crossCheck, warningsFor } from './crossChecks.ts';
import { homeIn } from './home.ts';
import { awsIsOnThisHost } from './reach.ts';
import { named } from './schema.ts';
import { type Environment, resolveSettings, type Settings, type Sources } from './settings.ts';
import { type Neighbours, noEntryFailure, readConfigFile } from './tomlFile.ts';
import { variableWarnings } from './variables.ts';
import { addressWarnings, rejectUnreachable } from './workerAddresses.ts';

export interface LoadInput {
  /** Arguments after the program's name: `run [scheduler_address] [flags]`, or one configuration file. */
  argv: string[];
  env: Environment;
  readFile?: (path: string) => string;
  /** Called with each warning, one line. Default: writes it to stderr. */
  warn?: (line: string) => void;
  /** The command that was given, for messages. Default: run. */
  command?: CommandNames;
  /** Take worker-facing addresses that no Fargate task can reach: doctor finds them itself. */
  takeUnreachable?: boolean;
}

/** One manager: its settings and the configuration derived from them. */
export interface Loaded {
  settings: Settings;
  config: Config;
  /** One line for each setting of it that is allowed but probably a mistake; `warn` has been called with each. */
  warnings: string[];
}

/**
 * The configurations of the managers to run, at least one. Throws a ConfigFailure. Reads files and has no other
 * side effects.
 */
export function loadConfig(input: LoadInput): Config[] {
  return loadSettings(input).map(({ config }) => config);
}

/** Writes a warning about the settings. */
export function warnOnStderr(line: string): void {
  process.stderr.write(`scaler-ecs: warning: ${line}\n`);
}

/** Like loadConfig, with the source of each value. */
export function loadSettings({
  argv,
  env,
  readFile,
  warn = warnOnStderr,
  takeUnreachable = false,
  command,
}: LoadInput): Loaded[] {
  const read = readFile ?? ((path: string) => readFileSync(path, 'utf8'));
  const sources =
    argv[0] === 'run'
      ? fromFlags(parseArguments(argv.slice(1), command), env, read, warn)
      : fromFile(argv, env, read, warn);
  for (const line of variableWarnings(env, argv[0] !== 'run')) warn(line);
  const all = sources.map(({ neighbours, ...source }) => {
    const settings = resolveSettings(source);
    crossCheck(settings);
    const home = homeIn(env);
    const profile = readAwsProfile(env, home, read);
    const emulated = awsIsOnThisHost(endpointsOf(env, profile));
    // The Fargate tasks of an emulator are processes of this host.
    if (!emulated && !takeUnreachable) rejectUnreachable(settings.values);
    const warnings = [
      ...warningsFor(settings, env, profile, emulated),
      ...(emulated ? [] : addressWarnings(settings.values, neighbours)),
    ];
    for (const line of warnings) warn(line);
    return { settings, config: toConfig(settings, env, home, read), warnings };
  });
  rejectDuplicates(all);
  for (const line of familyConflicts(all)) warn(line);
  return all;
}

/** Where the values of one manager come from, and what its file says about other programs. */
interface ManagerSources extends Sources {
  neighbours: Neighbours | null;
}

type Read = (path: string) => string;
type Warn = (line: string) => void;

function fromFlags(
  given: CommandLineValues,
  env: Environment,
  read: Read,
  warn: Warn,
): ManagerSources[] {
  const path = typeof given.config === 'string' && given.config !== '' ? given.config : null;
  if (path === null) return [{ given, env, entry: null, fromFileOnly: false, neighbours: null }];
  const file = readConfigFile(path, read, warn);
  const [entry, second] = file.entries;
  if (!entry) throw noEntryFailure(path, file);
  if (second) {
    throw new ConfigFailure(
      `${path} has ${file.entries.length} managers for scaler-ecs; run them all with: scaler-ecs ${path}`,
    );
  }
  const { neighbours } = file;
  return [{ given, env, entry, fromFileOnly: false, neighbours }];
}

function fromFile(words: string[], env: Environment, read: Read, warn: Warn): ManagerSources[] {
  const [path, extra] = words;
  if (path === undefined) throw new ConfigFailure('no configuration file given');
  if (extra !== undefined) {
    throw new ConfigFailure(
      `${path} takes no further arguments, got ${JSON.stringify(extra)}; to use flags write: scaler-ecs run --config ${path}`,
    );
  }
  const file = readConfigFile(path, read, warn);
  if (file.entries.length === 0) throw noEntryFailure(path, file);
  if (file.otherSections.length > 0) {
    warn(
      `${path}: ignored, start them with Scaler's own programs: ${file.otherSections.join(', ')}`,
    );
  }
  const { entries, neighbours } = file;
  return entries.map((entry) => ({ given: {}, env, entry, fromFileOnly: true, neighbours }));
}

/** Warnings about managers that would register a new revision of the same family at every start, in turn. */
function familyConflicts(all: Loaded[]): string[] {
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
          `${named('ecs_task_definition')}: ${ecs.taskDefinition} has another size or image in ${other.place} than in ${place}, so that each start makes a new revision; use two names`,
        ];
  });
}

/** Throws if two managers have the same ownership tag: each would manage the Fargate tasks of both. */
function rejectDuplicates(all: Loaded[]): void {
  const places = new Map<string, string>();
  for (const { settings, config } of all) {
    const { fleetId, workerManagerId, workerSchedulerAddress } = config;
    const place = settings.sources.worker_manager_id;
    const owners = [
      `${workerManagerId}\0${workerSchedulerAddress.text}`,
      ...(fleetId ? [fleetId] : []),
    ];
    for (const owner of owners) {
      const other = places.get(owner);
      if (other) {
        const what =
          owner === fleetId
            ? `fleet_id ${JSON.stringify(fleetId)}`
            : `worker_manager_id ${JSON.stringify(workerManagerId)} for one scheduler`;
        throw new ConfigFailure(`${what} is used twice: in ${other} and in ${place}`);
      }
      places.set(owner, place);
    }
  }
}
