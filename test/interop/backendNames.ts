import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Venv } from './venv.ts';

const run = promisify(execFile);

/** The values of SCALER_NETWORK_BACKEND that the installed release takes, from its own enumeration. */
export async function backendNames({ python }: Venv): Promise<string[]> {
  const code = `import enum, scaler.config.types.network_backend as m
print(*[n for t in vars(m).values() if isinstance(t, type) and issubclass(t, enum.Enum) for n in t.__members__])`;
  const { stdout } = await run(python, ['-c', code]);
  return stdout.trim().split(' ');
}
