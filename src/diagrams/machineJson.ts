import type { AnyStateMachine } from 'xstate';
import { type Words, wordsOf } from './words.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** What a machine's configuration holds beside functions and data. */
const kept = ['id', 'description', 'type', 'initial', 'history', 'target', 'reenter', 'tags'];

const isPlain = (value: unknown): value is Json => {
  try {
    return JSON.stringify(value) !== undefined && typeof value !== 'function';
  } catch {
    return false;
  }
};

const list = (value: unknown): unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** A named action or guard with its parameters; what has no name gets the words of the diagrams. */
function reference(given: unknown, word: (given: unknown) => string): Json {
  if (typeof given === 'string') return given;
  if (typeof given === 'object' && given !== null) {
    const { type, params } = given as { type: string; params?: unknown };
    return typeof params === 'object' && isPlain(params) ? { type, params } : type;
  }
  return word(given);
}

type Config = Record<string, unknown>;

function transitionJson(given: unknown, words: Words): Json {
  if (typeof given === 'string') return given;
  if (Array.isArray(given)) return given.map((one) => transitionJson(one, words));
  const { guard, actions, ...rest } = given as Config;
  return {
    ...(guard !== undefined && { guard: reference(guard, words.guard) }),
    ...plainPart(rest),
    ...(actions !== undefined && {
      actions: list(actions).map((action) => reference(action, words.action)),
    }),
  };
}

function plainPart(config: Config): { [key: string]: Json } {
  return Object.fromEntries(
    kept.flatMap((key) => (isPlain(config[key]) ? [[key, config[key] as Json]] : [])),
  );
}

const each = (given: unknown, of: (value: unknown) => Json): { [key: string]: Json } =>
  Object.fromEntries(Object.entries(given as Config).map(([key, value]) => [key, of(value)]));

function invokeJson(given: unknown, words: Words): Json {
  const { src, id, onDone, onError, onSnapshot } = given as Config;
  const name = typeof src === 'string' ? src : String(id);
  const ends = { onDone, onError, onSnapshot };
  return {
    src: name,
    ...(typeof id === 'string' && { id }),
    ...Object.fromEntries(
      Object.entries(ends).flatMap(([key, value]) =>
        value === undefined ? [] : [[key, transitionJson(value, words)]],
      ),
    ),
  };
}

function nodeJson(config: Config, words: Words): { [key: string]: Json } {
  const { entry, exit, invoke, on, after, always, states } = config;
  const transition = (given: unknown) => transitionJson(given, words);
  const references = (given: unknown) => list(given).map((one) => reference(one, words.action));
  return {
    ...plainPart(config),
    ...(entry !== undefined && { entry: references(entry) }),
    ...(exit !== undefined && { exit: references(exit) }),
    ...(invoke !== undefined && { invoke: list(invoke).map((one) => invokeJson(one, words)) }),
    ...(on !== undefined && { on: each(on, transition) }),
    ...(after !== undefined && { after: each(after, transition) }),
    ...(always !== undefined && { always: transition(always) }),
    ...(states !== undefined && {
      states: each(states, (state) => nodeJson(state as Config, words)),
    }),
  };
}

/** The machine as JSON alone, which `createMachine` and Stately's editor take: the same graph, and names for the rest. */
export function machineJson(machine: AnyStateMachine): Json {
  return nodeJson(machine.config as Config, wordsOf(machine));
}
