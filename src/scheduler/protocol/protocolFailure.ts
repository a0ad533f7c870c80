import { Failure } from '../../shared/failure.ts';

/** A frame that is no valid message, or a message that cannot be encoded. The message is one line. */
export class ProtocolFailure extends Failure {
  readonly kind = 'protocol';
}
