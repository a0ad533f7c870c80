import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { keys, rowOf } from '../../src/config/schema.ts';
import type { Flag } from './parserCheck.ts';
import type { Venv } from './venv.ts';

const run = promisify(execFile);
const program = new URL('readConfig.py', import.meta.url).pathname;

const programs = `[object_storage_server]
bind_address = "tcp://127.0.0.1:8517"

[scheduler]
bind_address = "tcp://127.0.0.1:8516"
object_storage_address = "tcp://127.0.0.1:8517"

`;
/** What both programs read of a manager. */
const shared = `scheduler_address = "tcp://127.0.0.1:8516"
worker_manager_id = "wm-ecs"
ecs_subnets = "subnet-1"
max_task_concurrency = 12
`;

/** The keys of a file that we read and a release does not have. */
export function ownKeys(theirs: readonly Flag[]): string[] {
  const known = new Set(theirs.map(({ long }) => long.replaceAll('-', '_')));
  return keys.filter(
    (key) => !known.has(key) && !rowOf(key).flagOnly && key !== 'scheduler_address',
  );
}

/** Files, two of which each the release has to read alike. */
export function filesToCompare(own: readonly string[]): Record<string, [string, string]> {
  const theirManager = `${programs}[[worker_manager]]\ntype = "aws_raw_ecs"\n${shared}`;
  const more = own.map((key) => `${key} = "x"\n`).join('');
  return {
    'our keys in [[worker_manager]]': [theirManager, `${theirManager}${more}`],
    'our keys in [[scaler_ecs]]': [programs, `${programs}[[scaler_ecs]]\n${shared}${more}`],
  };
}

/** Where `scaler config.toml` of a release is disturbed by keys that only we have; empty: nowhere. */
export async function checkConfigFile(
  { python }: Venv,
  theirs: readonly Flag[],
  dir: string,
): Promise<string[]> {
  const path = join(dir, 'config.toml');
  const read = async (content: string): Promise<string> => {
    writeFileSync(path, content);
    try {
      return (await run(python, [program, path])).stdout.trim();
    } catch (error) {
      const { stderr } = error as { stderr?: string };
      return `refused: ${(stderr ?? String(error)).trim().split('\n').at(-1)}`;
    }
  };
  const own = ownKeys(theirs);
  const troubles: string[] = own.length < 10 ? [`only ${own.length} keys are ours alone`] : [];
  for (const [what, [without, withOurs]] of Object.entries(filesToCompare(own))) {
    const [expected, found] = [await read(without), await read(withOurs)];
    if (expected.startsWith('refused')) troubles.push(`the file without ${what}: ${expected}`);
    else if (found !== expected) troubles.push(`${what}: ${found.slice(0, 200)}`);
  }
  return troubles;
}
