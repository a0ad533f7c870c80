import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isKey, rowOf } from '../../src/config/schema.ts';
import type { Venv } from './venv.ts';

const run = promisify(execFile);

/** A flag as a release's own parser names it: without its dashes. */
export interface Flag {
  long: string;
  short: string | null;
}

/** Reads the flags from the help text of argparse. */
export function flagsIn(help: string): Flag[] {
  const options = help.slice(help.search(/^optional arguments:|^options:/m));
  return [...options.matchAll(/^ {2}(?:-\w+[^,\n]*, )?--([a-z][\w-]*)(?:[^,\n]*, -(\w+))?/gm)]
    .map(([, long = '', short]) => ({ long, short: short ?? null }))
    .filter(({ long }) => long !== 'help');
}

/** What our table of settings lacks of these flags, or names otherwise. */
export function unknownFlags(flags: readonly Flag[]): string[] {
  return flags.flatMap(({ long, short }) => {
    const key = long.replaceAll('-', '_');
    if (!isKey(key)) return [`--${long} is no setting of ours`];
    const own = rowOf(key).short ?? null;
    return short === null || own === short ? [] : [`--${long} is -${short} there and -${own} here`];
  });
}

/** The flags of the release's own ECS manager. */
export async function flagsOf({ bin }: Venv): Promise<Flag[]> {
  const { stdout } = await run(join(bin, 'scaler_worker_manager'), ['aws_raw_ecs', '--help'], {
    env: { ...process.env, COLUMNS: '1000' },
  });
  return flagsIn(stdout);
}

/** Those of them that our daemon does not take. */
export function checkParser(flags: readonly Flag[]): string[] {
  return flags.length < 10 ? [`its help names ${flags.length} flags only`] : unknownFlags(flags);
}
