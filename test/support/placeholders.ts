import { type AnyActorLogic, type AnyStateMachine, createActor } from 'xstate';

/** What each effect of a machine says when it runs without having been provided; machines are none. */
export const holesOf = async ({
  implementations,
}: AnyStateMachine): Promise<Record<string, string>> => {
  const says: Record<string, string> = {};
  for (const [name, logic] of Object.entries(implementations.actors)) {
    if ((logic as object).constructor.name === 'StateMachine') continue;
    says[name] = await new Promise((resolve) => {
      const actor = createActor(logic as AnyActorLogic, { input: {} });
      actor.subscribe({ error: (error) => resolve((error as Error).message) });
      actor.start();
    });
  }
  return says;
};
