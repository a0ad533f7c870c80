import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repository } from '../interop/emulatorClient.ts';
import { ScenarioContext } from '../interop/scenarioContext.ts';
import { ensureVenv, type Venv } from '../interop/venv.ts';

/** Installs a Scaler release, and what its own manager for AWS needs besides. */
export const prepare = (release: string, note: (line: string) => void): Promise<Venv> =>
  ensureVenv(join(repository, '.cache'), release, ['boto3'], null, note);

interface Real {
  scaler: string;
  manager: 'ours' | 'original';
  limitMs: number;
  note(line: string): void;
}

/** Runs `body` in a folder of its own, with processes of a Scaler release; all end with it. */
export async function withScaler<T>(
  { scaler, manager, limitMs, note }: Real,
  body: (context: ScenarioContext) => Promise<T>,
): Promise<T> {
  const venv = await prepare(scaler, note);
  const dir = await mkdtemp(join(tmpdir(), 'se-bench-real-'));
  const context = new ScenarioContext(
    {
      ...{ scaler, manager, transport: 'ymq', addressScheme: 'tcp', addressHost: '127.0.0.1' },
      ...{ scenario: 'bench', json: true, python: null, deadlineSeconds: limitMs / 1000 },
      attempts: 1,
      keep: false,
    },
    venv,
    dir,
    note,
    AbortSignal.timeout(limitMs),
  );
  try {
    return await body(context);
  } finally {
    context.cleanUp();
    await context.processes.killAll();
    for (const { pid } of context.remainingProcesses()) tryKill(pid);
    await rm(dir, { recursive: true, force: true });
  }
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
