import type { AnyStateMachine } from 'xstate';

/** Texts for events, guards and actions of a machine. */
export interface Words {
  event: (type: string, delay?: string | number) => string;
  guard: (guard: unknown) => string;
  action: (action: unknown) => string;
}

/** Placeholder for context, event and params: every property and every call returns the placeholder itself. */
const anything: unknown = new Proxy(() => {}, {
  get: (_, key) => (typeof key === 'symbol' ? undefined : anything),
  apply: () => anything,
});

const span = (ms: number): string => (ms % 1000 === 0 ? `${ms / 1000} s` : `${ms} ms`);

/** The type of an event; calls a function that computes the event with placeholders. */
const typeOfSent = (event: unknown): string | undefined => {
  try {
    const sent =
      typeof event === 'function' ? event({ context: anything, event: anything }, anything) : event;
    return typeof sent?.type === 'string' ? sent.type : undefined;
  } catch {
    return undefined;
  }
};

interface BuiltIn {
  type: string;
  assignment?: unknown;
  to?: unknown;
  event?: unknown;
}

/** XState's built-in actions are functions whose properties hold their arguments. */
const builtIn = ({ type, assignment, to, event }: BuiltIn): string | undefined => {
  switch (type) {
    case 'xstate.assign':
      return typeof assignment === 'object' && assignment !== null
        ? `set ${Object.keys(assignment).join(', ')}`
        : 'set context';
    case 'xstate.raise':
      return `raise ${typeOfSent(event) ?? 'an event'}`;
    case 'xstate.sendTo': {
      const receiver = typeof to === 'function' ? to.name || 'another actor' : String(to);
      return `tell ${receiver} ${typeOfSent(event) ?? 'what was heard'}`;
    }
    default:
      return undefined;
  }
};

const plainParams = (params: unknown): string =>
  typeof params === 'object' && params !== null ? `(${Object.values(params).join(', ')})` : '';

export const wordsOf = (machine: AnyStateMachine): Words => {
  const delays = machine.implementations.delays as Record<string, unknown>;

  const named = (implementation: unknown, fallback: string): string => {
    if (typeof implementation === 'string') return implementation;
    if (typeof implementation === 'object' && implementation !== null) {
      const { type, params } = implementation as { type: string; params?: unknown };
      return `${type}${plainParams(params)}`;
    }
    const made = implementation as BuiltIn & { name: string };
    return builtIn(made) ?? (made.name || fallback);
  };

  return {
    event(type, delay) {
      if (delay !== undefined) {
        const ms = typeof delay === 'number' ? delay : delays[delay];
        if (typeof delay === 'number') return `after ${span(delay)}`;
        return typeof ms === 'number' ? `after ${delay} (${span(ms)})` : `after ${delay}`;
      }
      const [, outcome, child = ''] =
        /^xstate\.(done|error)\.(?:actor|state)\.(.+)$/.exec(type) ?? [];
      if (!outcome) return type;
      return `${child === '*' ? 'any child' : child} ${outcome === 'done' ? 'done' : 'failed'}`;
    },
    guard(guard) {
      // `and([...])` and `or([...])` of XState are functions that hold what they combine.
      const { guards, name } = guard as { guards?: unknown[]; name?: string };
      return typeof guard === 'function' && Array.isArray(guards)
        ? guards.map((each) => named(each, 'a condition')).join(` ${name} `)
        : named(guard, 'a condition');
    },
    action: (action) => named(action, 'an action'),
  };
};

/** What a built-in action given to `setup` does; undefined for other functions. */
export const makingOf = (machine: AnyStateMachine, name: string): string | undefined => {
  const made: unknown = (machine.implementations.actions as Record<string, unknown>)[name];
  if (typeof made !== 'function') return undefined;
  const { type, assignment } = made as unknown as BuiltIn;
  // What a function sets is known only when it runs.
  if (type === 'xstate.assign' && typeof assignment === 'function') return undefined;
  return builtIn(made as unknown as BuiltIn);
};
