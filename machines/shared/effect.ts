import {
  type AnyEventObject,
  type CallbackActorLogic,
  type EventObject,
  fromCallback,
  fromPromise,
  type NonReducibleUnknown,
  type PromiseActorLogic,
} from 'xstate';

/** A typed placeholder for an effect. The wiring fills it through `provide`; unfilled, it fails loudly. */
export const effect = <Output, Input = void>(name: string): PromiseActorLogic<Output, Input> =>
  fromPromise<Output, Input>(() => Promise.reject(new Error(`effect '${name}' is not provided`)));

/** The same for an effect that sends many events: `Receives` is what it may be sent. */
export const stream = <
  Receives extends EventObject = AnyEventObject,
  Input extends NonReducibleUnknown = NonReducibleUnknown,
>(
  name: string,
): CallbackActorLogic<Receives, Input> =>
  fromCallback<Receives, Input>(() => {
    throw new Error(`effect '${name}' is not provided`);
  });
