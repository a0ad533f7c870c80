import type { AnyActorRef } from 'xstate';

/**
 * For `sendTo(parent, ...)`. Unlike `sendParent` it is quiet when there is none, so that a machine
 * can be walked, drawn and run on its own.
 */
export const parent = ({ self }: { self: AnyActorRef }): AnyActorRef => self._parent as AnyActorRef;
