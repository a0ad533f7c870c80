import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { compareReleases, InteropFailure } from './options.ts';

const run = promisify(execFile);

export interface Venv {
  dir: string;
  bin: string;
  python: string;
}

const INSTALL_LIMIT_MS = 10 * 60_000;

/** The first Python that starts and is at least 3.10. Trying is necessary: a version manager may install a stub that does not start. */
async function findPython(requested: string | null): Promise<{ path: string; version: string }> {
  const candidates = requested
    ? [requested]
    : ['python3', 'python3.13', 'python3.12', 'python3.11'];
  const tried: string[] = [];
  for (const candidate of candidates) {
    try {
      const code = 'import sys; print(sys.executable); print("%d.%d" % sys.version_info[:2])';
      const { stdout } = await run(candidate, ['-c', code]);
      const [path = '', version = ''] = stdout.trim().split('\n');
      if (Number(version.split('.')[1]) >= 10) return { path, version };
      tried.push(`${candidate} is ${version}`);
    } catch {
      tried.push(`${candidate} does not start`);
    }
  }
  throw new InteropFailure(
    `the interop run needs Python 3.10 or newer and found none: ${tried.join(', ')}`,
  );
}

/** Releases before 1.24.0 do not work with ConfigArgParse later than 1.7.1. */
const extraRequirements = (release: string): string[] =>
  compareReleases(release, '1.24.0') < 0 ? ['configargparse==1.7.1'] : [];

/** The last lines of pip's output, which hold the error. */
const lastLines = (text: string) => text.trim().split('\n').slice(-12).join('\n');

/**
 * A virtual environment with the release; created once, then reused. Its marker file is written last, so that an
 * incomplete environment is created again. Throws InteropFailure when Python or pip fails.
 */
export async function ensureVenv(
  cacheDir: string,
  release: string,
  extras: string[],
  requestedPython: string | null,
  print: (text: string) => void,
): Promise<Venv> {
  const { path, version } = await findPython(requestedPython);
  const dir = join(cacheDir, `venv-${release}-py${version}`);
  const venv: Venv = { dir, bin: join(dir, 'bin'), python: join(dir, 'bin', 'python') };
  const marker = (name: string) => join(dir, `.complete-${name}`);
  const pip = async (...what: string[]) => {
    print(`pip install ${what.join(' ')}`);
    // Only wheels: a build from source takes an hour and needs C++ libraries.
    const flags = ['--quiet', '--only-binary', 'opengris-scaler'];
    await run(venv.python, ['-m', 'pip', 'install', ...flags, ...what], {
      timeout: INSTALL_LIMIT_MS,
    }).catch(async (error: { stderr?: string; message: string }) => {
      if (!existsSync(marker('scaler'))) await rm(dir, { recursive: true, force: true });
      throw new InteropFailure(
        `pip could not install ${what.join(' ')} for Python ${version}:\n${lastLines(error.stderr || error.message)}`,
      );
    });
  };
  if (!existsSync(marker('scaler'))) {
    await rm(dir, { recursive: true, force: true });
    await mkdir(cacheDir, { recursive: true });
    print(`creating ${dir}`);
    await run(path, ['-m', 'venv', dir], { timeout: INSTALL_LIMIT_MS }).catch((error: Error) => {
      throw new InteropFailure(`python -m venv failed: ${error.message}`);
    });
    // Releases without this extra depend on pyzmq; pip then only warns.
    await pip(`opengris-scaler[zmq]==${release}`, ...extraRequirements(release));
    await writeFile(marker('scaler'), '');
  }
  for (const extra of extras) {
    if (existsSync(marker(extra))) continue;
    await pip(extra);
    await writeFile(marker(extra), '');
  }
  return venv;
}
