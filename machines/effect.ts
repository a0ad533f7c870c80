import { fromPromise, type PromiseActorLogic } from 'xstate';

/** A typed hole for an effect. The wiring fills it through `provide`; unfilled, it fails loudly. */
export const effect = <Output, Input = void>(name: string): PromiseActorLogic<Output, Input> =>
  fromPromise<Output, Input>(() => Promise.reject(new Error(`effect '${name}' is not provided`)));
