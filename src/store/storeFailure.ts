import { Failure } from '../shared/failure.ts';

export type StoreFailureKind =
  /** Another process holds the state directory. */
  | 'busy'
  /** The state directory cannot be made, read or written. */
  | 'directory'
  /** The journal is of a later version, or the file is no journal of this program. */
  | 'version'
  /** The journal cannot be read or written now. */
  | 'journal'
  /** A record that could not be read back; nothing was written. A bug in the caller. */
  | 'record';

export class StoreFailure extends Failure {
  readonly kind: StoreFailureKind;

  constructor(kind: StoreFailureKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** The words of the system about a file error: `ENOSPC: no space left on device, write`. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
