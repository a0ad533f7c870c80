import { Failure } from '../shared/failure.ts';

export type StoreFailureKind =
  /** Another process holds the state directory. */
  | 'busy'
  /** The state directory cannot be made, read or written. */
  | 'directory'
  /** The journal was written by another version of its format. */
  | 'version'
  /** The journal cannot be read or written now. */
  | 'journal'
  /** A record that could not be read back; nothing was written. A bug of the caller. */
  | 'record';

export class StoreFailure extends Failure {
  readonly kind: StoreFailureKind;

  constructor(kind: StoreFailureKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** The system's own words about a file error: `ENOSPC: no space left on device, write`. */
export const wordsOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
