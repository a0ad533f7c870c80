import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { clientEnvironment } from './clients.ts';
import type { Server } from './servers.ts';

const run = promisify(execFile);
const folder = new URL('../../deploy', import.meta.url).pathname;

interface Judges {
  /** Programs of the virtual environment with boto3. */
  bin: string;
  moto: Server | undefined;
  /** Program folder of hadolint. */
  hadolint: () => Promise<string>;
}

/** As README.md has them. */
function uninstallCommands(): string {
  const readme = readFileSync(join(folder, '..', 'README.md'), 'utf8');
  const commands = /<!-- uninstall -->\n```sh\n([\s\S]*?)```/.exec(readme)?.[1];
  if (commands === undefined) throw new Error('README.md has no commands to uninstall');
  return commands;
}

/** What a program says against the files of deploy/; null: nothing. */
async function saidBy(program: string, words: string[], expected: string): Promise<string | null> {
  try {
    const { stdout } = await run(program, words, {
      env: { ...clientEnvironment, PATH: process.env.PATH },
    });
    return stdout.trim() === expected ? null : `printed ${stdout}`;
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & Record<string, string>;
    return `${stdout}${stderr}`.trim().split('\n').at(-1) ?? message;
  }
}

/** The names of the checks that contain `only`, and what was found. */
export async function deployDifferences(
  { bin, moto, hadolint }: Judges,
  only: string,
): Promise<[name: string, difference: string | null][]> {
  const checks: [string, () => Promise<string | null>][] = [
    [
      'deploy · hadolint · the Dockerfile has nothing to find fault with',
      async () => saidBy(join(await hadolint(), 'hadolint'), [join(folder, 'Dockerfile')], ''),
    ],
    [
      'deploy · boto3 and moto · role, task definition and service can be created',
      async () => {
        await moto?.reset();
        const program = new URL('deploy.py', import.meta.url).pathname;
        const words = [program, moto?.url ?? '', join(folder, 'ecs')];
        return saidBy(join(bin, 'python'), words, 'scaler-ecs scaler-ecs:1');
      },
    ],
  ];
  checks.push([
    'deploy · AWS CLI and moto · the commands of the chapter Uninstall leave nothing',
    async () => {
      await moto?.reset();
      const program = new URL('uninstall.py', import.meta.url).pathname;
      const words = [program, moto?.url ?? '', bin, uninstallCommands()];
      return saidBy(join(bin, 'python'), words, 'clusters 0, definitions 0, roles 0');
    },
  ]);
  const found: [string, string | null][] = [];
  for (const [name, check] of checks) if (name.includes(only)) found.push([name, await check()]);
  return found;
}
