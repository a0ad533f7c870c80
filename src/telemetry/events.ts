import { awsEvents } from './events/aws.ts';
import { controlEvents } from './events/control.ts';
import { daemonEvents } from './events/daemon.ts';
import type {
  EventDefinition,
  Field,
  FieldsOf,
  LevelException,
  LogLevel,
} from './events/definition.ts';
import { emulatorEvents } from './events/emulator.ts';
import { fleetEvents } from './events/fleet.ts';
import { launchEvents } from './events/launch.ts';
import { moneyEvents } from './events/money.ts';
import { schedulerEvents } from './events/scheduler.ts';
import { storeEvents } from './events/store.ts';

/** The table of telemetry events: all that this program reports. Names are `subject.pastEvent`. */
export const events = {
  ...daemonEvents,
  ...schedulerEvents,
  ...fleetEvents,
  ...launchEvents,
  ...moneyEvents,
  ...awsEvents,
  ...storeEvents,
  ...controlEvents,
  ...emulatorEvents,
};

export type EventName = keyof typeof events;

export type EventFields<Name extends EventName> = FieldsOf<(typeof events)[Name]['fields']>;

export function definitionOf(name: EventName): EventDefinition {
  return events[name];
}

/** The level at which an event with these fields is reported. */
export function levelOf(name: EventName, fields: object): LogLevel {
  const { level, except = [] } = definitionOf(name);
  const applies = ({ field, when }: LevelException): boolean => {
    const value: unknown = (fields as Record<string, unknown>)[field];
    return 'above' in when
      ? typeof value === 'number' && value > when.above
      : when.oneOf.some((each) => each === value);
  };
  return except.find(applies)?.level ?? level;
}

/** What a person can do about an event with these fields. */
export function remedyOf(name: EventName, fields: object): string | undefined {
  const { remedy, remedies } = definitionOf(name);
  if (!remedies) return remedy;
  const value: unknown = (fields as Record<string, unknown>)[remedies.field];
  return typeof value === 'string' && Object.hasOwn(remedies.of, value)
    ? remedies.of[value]
    : remedy;
}

/** What the table declares of these fields, and nothing else: what it does not name is never written. */
export function declaredFields(name: EventName, fields: object): Record<string, unknown> {
  return declared(definitionOf(name).fields, fields);
}

function declared(known: Readonly<Record<string, Field>>, fields: object): Record<string, unknown> {
  const given = fields as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(known).flatMap(([key, { of }]) => {
      const value = given[key];
      if (value === undefined) return [];
      return [[key, of ? (value as object[]).map((each) => declared(of, each)) : value]];
    }),
  );
}
