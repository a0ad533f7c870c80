import { type AnyActorRef, createEmptyActor } from 'xstate';

const noParent = createEmptyActor();

/**
 * For `sendTo(parent, ...)`. Unlike `sendParent` it is quiet when there is none, so that a machine
 * can be walked, drawn and run on its own. (A target of `undefined` would mean the sender itself.)
 */
export const parent = ({ self }: { self: AnyActorRef }): AnyActorRef =>
  (self._parent as AnyActorRef | undefined) ?? noParent;
