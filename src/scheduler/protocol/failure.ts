import { Failure } from '../../shared/failure.ts';

/** A frame that is not one of the scheduler's messages, or a message that must not be written. One line. */
export class ProtocolFailure extends Failure {
  readonly kind = 'protocol';
}
