import {
  type AnyActorRef,
  createActor,
  createMachine,
  type EventObject,
  fromCallback,
  fromPromise,
  type SimulatedClock,
} from 'xstate';

export interface Call {
  input: unknown;
  signal: AbortSignal;
  resolve: (output: unknown) => void;
  reject: (error: unknown) => void;
}

/** Lets promises and what they start run to their end. */
export const settle = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await new Promise((done) => setImmediate(done));
};

/**
 * Effects that do nothing until a test says how they end. `play` gives an actor one event of a walk:
 * an effect's outcome settles the latest call of that effect, anything else is sent.
 */
export const scriptedWorld = <Name extends string>(...names: Name[]) => {
  const calls = Object.fromEntries(names.map((name) => [name, [] as Call[]])) as Record<
    Name,
    Call[]
  >;
  const actors = Object.fromEntries(
    names.map((name) => [
      name,
      fromPromise<unknown, unknown>(
        ({ input, signal }) =>
          new Promise((resolve, reject) => {
            calls[name].push({ input, signal, resolve, reject });
          }),
      ),
    ]),
  ) as unknown as Record<Name, never>;
  const play = async (actor: AnyActorRef, event: EventObject): Promise<void> => {
    const [, outcome, name] = /^xstate\.(done|error)\.actor\.(.+)$/.exec(event.type) ?? [];
    const call = name !== undefined && name in calls ? calls[name as Name].at(-1) : undefined;
    if (!call) return actor.send(event);
    if (outcome === 'done') call.resolve((event as EventObject & { output: unknown }).output);
    else call.reject((event as EventObject & { error: unknown }).error);
    await settle();
  };
  return { actors, calls, play };
};

/** An effect that has ended as soon as it is begun. */
export const ended = (output: () => unknown, guard = () => true) =>
  createMachine({
    initial: 'starts',
    states: { starts: { always: { guard, target: 'over' } }, over: { type: 'final' } },
    output,
  }) as never;

/** A stream effect that keeps what it was told, but for what it `answers`; the test speaks through `say`. */
export const scriptedStream = (answers: (event: EventObject) => boolean = () => false) => {
  const told: EventObject[] = [];
  const lines: { say: (event: EventObject) => void; open: boolean; input: unknown }[] = [];
  const logic = fromCallback<EventObject, unknown>(({ receive, sendBack, input }) => {
    const line = { say: sendBack, open: true, input };
    lines.push(line);
    receive((event) => {
      if (!answers(event)) told.push(event);
    });
    return () => {
      line.open = false;
    };
  });
  const say = (event: { type: string; [key: string]: unknown }) => lines.at(-1)?.say(event);
  return { logic, told, lines, say };
};

/** For an actor's `parent` option: keeps what it is told, but for what it `answers`. An actor with a parent has its clock. */
export const scriptedParent = (
  clock?: SimulatedClock,
  answers?: (event: EventObject) => boolean,
) => {
  const { logic, told } = scriptedStream(answers);
  return { parent: createActor(logic, { ...(clock && { clock }) }).start(), told };
};
