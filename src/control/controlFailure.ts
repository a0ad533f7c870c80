import { Failure } from '../shared/failure.ts';

export type ControlFailureKind =
  /** No daemon answers. */
  | 'noDaemon'
  /** The daemon has said no. */
  | 'refused'
  /** What was asked for does not exist, or is not clear. */
  | 'unknown';

/** Why a daemon could not be asked; the message is one line. */
export class ControlFailure extends Failure {
  readonly kind: ControlFailureKind;

  constructor(kind: ControlFailureKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
