import { awsEvents } from './events/aws.ts';
import { daemonEvents } from './events/daemon.ts';
import type { EventDefinition, FieldsOf, LogLevel } from './events/definition.ts';
import { emulatorEvents } from './events/emulator.ts';
import { fleetEvents } from './events/fleet.ts';
import { launchEvents } from './events/launch.ts';
import { schedulerEvents } from './events/scheduler.ts';
import { storeEvents } from './events/store.ts';

/** The table of telemetry events: all that this program reports. Names are `subject.pastEvent`. */
export const events = {
  ...daemonEvents,
  ...schedulerEvents,
  ...fleetEvents,
  ...launchEvents,
  ...awsEvents,
  ...storeEvents,
  ...emulatorEvents,
};

export type EventName = keyof typeof events;

export type EventFields<Name extends EventName> = FieldsOf<(typeof events)[Name]['fields']>;

export function definitionOf(name: EventName): EventDefinition {
  return events[name];
}

/** The level at which an event with these fields is reported. */
export function levelOf(name: EventName, fields: object): LogLevel {
  const { level, except } = definitionOf(name);
  if (!except) return level;
  const value: unknown = (fields as Record<string, unknown>)[except.field];
  const { when } = except;
  const isException =
    'above' in when
      ? typeof value === 'number' && value > when.above
      : when.oneOf.some((each) => each === value);
  return isException ? except.level : level;
}

/** What the table declares of these fields, and nothing else: what it does not name is never written. */
export function declaredFields(name: EventName, fields: object): Record<string, unknown> {
  const given = fields as Record<string, unknown>;
  return Object.fromEntries(
    Object.keys(definitionOf(name).fields).flatMap((key) =>
      given[key] === undefined ? [] : [[key, given[key]]],
    ),
  );
}
