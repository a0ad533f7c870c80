import { integer } from './valueTypes.ts';

/** Node's timers take less than 2^31 milliseconds. */
const maxTimerSeconds = Math.floor((2 ** 31 - 1) / 1000);

export const positive = integer('a positive integer', 1);
export const notNegative = integer('a non-negative integer', 0);
export const seconds = integer('a non-negative number of seconds', 0, maxTimerSeconds);
export const positiveSeconds = integer('a positive number of seconds', 1, maxTimerSeconds);
/** A limit that a heartbeat can carry, which is a UInt32; -1 means no limit. */
export const limit = integer('-1 (no limit) or a non-negative integer', -1, 2 ** 32 - 1);

/** Checks for settings: each returns why the value is invalid, or null. */
export type Check<T> = (value: T) => string | null;

export function notEmpty(value: string): string | null {
  return value === '' ? 'cannot be an empty string' : null;
}

/** A name that matches `form`; `what` is its kind for the message. */
export function name(what: string, form: RegExp): Check<string> {
  return (value) =>
    form.test(value)
      ? null
      : (notEmpty(value) ??
        `must be ${what} of 1 to 255 letters, digits, - and _, got ${JSON.stringify(value)}`);
}

/** A list with at most `max` items; `what` names them for the message. */
export function atMost(max: number, what: string): Check<string[]> {
  return (values) =>
    values.length > max ? `AWS takes at most ${max} ${what}, got ${values.length}` : null;
}

export function scalerRelease(version: string): string | null {
  return /^\d+\.\d+(\.\d+)*(\.?(a|b|rc|post|dev)\d+)*$/.test(version)
    ? null
    : `must be a Scaler release like 2.6.0, got ${JSON.stringify(version)}`;
}
