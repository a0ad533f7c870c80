import type { DestinationStream } from 'pino';
import type { Config } from '../src/config/config.ts';
import { createLog, type Log, severalLogs } from '../src/telemetry/log.ts';
import { createTextLog } from '../src/telemetry/textLog.ts';

type Environment = Record<string, string | undefined>;

export interface Surroundings {
  /** Named in each line. */
  manager?: string | undefined;
  env?: Environment;
  /** Whether a log destination is a terminal. */
  isTerminal?: (path: string) => boolean;
}

/** The log of one manager. Destinations of the same form share what is written. */
export function openLog(
  { level, format, paths }: Config['logging'],
  destinations: (paths: string[]) => DestinationStream,
  { manager, env = process.env, isTerminal = isStandardTerminal }: Surroundings = {},
): Log {
  const isText = (path: string) => format === 'text' || (format === 'auto' && isTerminal(path));
  const isColoured = (path: string) =>
    isText(path) && isTerminal(path) && !env.NO_COLOR && env.TERM !== 'dumb';
  const text = (colour: boolean) => {
    const chosen = paths.filter((path) => isText(path) && isColoured(path) === colour);
    const options = { colour, ...(manager !== undefined && { manager }) };
    return chosen.length === 0 ? [] : [createTextLog(level, destinations(chosen), options)];
  };
  const json = paths.filter((path) => !isText(path));
  const labels: Record<string, string> = manager === undefined ? {} : { manager };
  return severalLogs([
    ...text(true),
    ...text(false),
    ...(json.length === 0 ? [] : [createLog(level, destinations(json), labels)]),
  ]);
}

function isStandardTerminal(path: string): boolean {
  if (path === '-' || path === '/dev/stdout') return process.stdout.isTTY === true;
  return path === '/dev/stderr' && process.stderr.isTTY === true;
}
