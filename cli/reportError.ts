import { named } from '../src/config/schema.ts';
import { Failure } from '../src/shared/failure.ts';

/** Kinds of failures of the settings; they occur before anything has started. */
const settingKinds = new Set(['config', 'invalid', 'directory']);

/**
 * Writes a Failure to stderr as one line, any other error (a bug) with its stack. Returns the exit status: 2 for
 * invalid settings, 3 for a daemon that does not answer, else 1. `about` is a prefix.
 */
export function reportError(error: unknown, about = ''): number {
  const text = error instanceof Failure ? error.message : (error as Error)?.stack;
  const setting =
    error instanceof Failure && error.kind === 'directory' ? `${named('state_dir')}: ` : '';
  process.stderr.write(`scaler-ecs: ${about}${setting}${text ?? error}\n`);
  if (error instanceof Failure && error.kind === 'noDaemon') return 3;
  return error instanceof Failure && settingKinds.has(error.kind) ? 2 : 1;
}
