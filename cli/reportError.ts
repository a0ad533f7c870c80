import { named } from '../src/config/schema.ts';
import { Failure } from '../src/shared/failure.ts';

/** Failures that a person mends in the settings before anything can start. */
const settings = new Set(['config', 'invalid', 'directory']);

/** One line on stderr for what has a name, a stack for what is a bug; returns the exit status. */
export function reportError(error: unknown, about = ''): number {
  const words = error instanceof Failure ? error.message : (error as Error)?.stack;
  const setting =
    error instanceof Failure && error.kind === 'directory' ? `${named('state_dir')}: ` : '';
  process.stderr.write(`scaler-ecs: ${about}${setting}${words ?? error}\n`);
  return error instanceof Failure && settings.has(error.kind) ? 2 : 1;
}
