import { shown } from './configFailure.ts';
import { choice, decimal, integer } from './valueTypes.ts';

/** Node's timers take less than 2^31 milliseconds. */
const maxTimerSeconds = Math.floor((2 ** 31 - 1) / 1000);

export const positive = integer('a positive integer', 1);
/** One for each of RunTask, StopTask, DescribeTasks, ListTasks, and one for all other calls. */
export const connections = integer('an integer of 5 or more (each kind of call needs one)', 5);
export const notNegative = integer('a non-negative integer', 0);
export const seconds = integer('a whole number of seconds, 0 or more', 0, maxTimerSeconds);
export const positiveSeconds = integer('a whole number of seconds, 1 or more', 1, maxTimerSeconds);
/** Of drain_timeout: its help has the same words. */
export const drainSeconds = integer(
  '-1 (as long as it is at work) or a whole number of seconds, 0 or more',
  -1,
  maxTimerSeconds,
);
export const cooldownSeconds = decimal('a non-negative number', 0, maxTimerSeconds);
export const port = integer('a port from 0 to 65535', 0, 65_535);
/** A limit that a heartbeat can carry, which is a UInt32; -1 means no limit. */
export const limit = integer('-1 (no limit) or a non-negative integer', -1, 2 ** 32 - 1);

/** USD. */
export const amount = decimal('a positive amount like 2.5', 1e-7);
export const fraction = decimal('a number from 0.01 to 1', 0.01, 1);
/** The scheduler's default policy wants fewer workers than one per task, and more than one per ten. */
export const tasksPerWorker = integer(
  'an integer from 1 to 10 (with less than one task for each worker the scheduler asks for fewer workers at once)',
  1,
);

export function atMostTen(value: number): string | null {
  return value <= 10
    ? null
    : `must be an integer from 1 to 10 (with more than ten tasks for each worker the scheduler asks for more workers by itself), got ${value}`;
}

/** Fargate's ranges. */
export const storageGib = integer('an integer from 21 to 200 (20 GiB are always there)', 21, 200);
export const stopSeconds = integer('an integer from 0 to 120', 0, 120);
export const choiceOfPlatforms = choice(['LATEST', '1.4.0', '1.3.0']);

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

const parts = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const domain = '(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\\[[0-9a-fA-F:]+\\])(?::\\d+)?';
/** The grammar of image references of the OCI distribution: registry, path, tag, digest. */
const imageReference = new RegExp(
  `^(?:${domain}/)?${parts}(?:/${parts})*(?::\\w[\\w.-]{0,127})?(?:@[A-Za-z][\\w+.-]*:[0-9a-fA-F]{32,})?$`,
);

export function image(value: string): string | null {
  return imageReference.test(value)
    ? null
    : (notEmpty(value) ??
        `must be a container image like ghcr.io/me/scaler:1, got ${shown(value)}`);
}

/** A list of AWS ids, none of which can be what two ids with a blank between them are. */
export function ids(what: string, example: string, max: number): Check<string[]> {
  return (values) => {
    const odd = values.find((value) => !/^[\w-]+$/.test(value));
    return odd === undefined
      ? atMost(max, `${what}s`)(values)
      : `must be ${what} ids like ${example}, separated by commas, got ${shown(odd)}`;
  };
}

export function subnets(values: string[]): string | null {
  return values.length === 0
    ? 'must be a non-empty list of subnet ids'
    : ids('subnet', 'subnet-0abc1234def56789a', 16)(values);
}

/** No Scaler release runs on a Python before 3.8. Ranges like ">=3.11" are left to the container. */
export function pythonVersion(value: string): string | null {
  const got = shown(value);
  const [, major, minor] = /^[a-z]*[-@]?(\d+)(?:\.(\d+))?/i.exec(value) ?? [];
  if (!/\d/.test(value)) return notEmpty(value) ?? `must be a version like 3.12.11, got ${got}`;
  if (major === undefined) return null;
  const isTooOld = Number(major) < 3 || (Number(major) === 3 && Number(minor ?? 8) < 8);
  return isTooOld ? `must be 3.8 or newer, which Scaler needs, got ${got}` : null;
}

export function scalerRelease(value: string): string | null {
  return /^\d+\.\d+(\.\d+)*(\.?(a|b|rc|post|dev)\d+)*$/.test(value)
    ? null
    : `must be a Scaler release like 2.6.0, got ${shown(value)}`;
}

export function region(value: string): string | null {
  return /^[a-z0-9-]+$/.test(value) ? null : `must be a region like us-east-1, got ${shown(value)}`;
}

export function roleArn(value: string): string | null {
  return /^arn:aws[\w-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/.test(value)
    ? null
    : `must be the ARN of a role like arn:aws:iam::123456789012:role/workers, got ${shown(value)}`;
}

export function logGroup(value: string): string | null {
  return /^[\w./#-]{1,512}$/.test(value)
    ? null
    : `must be the name of a log group like /ecs/scaler, of letters, digits and _-/.#, got ${shown(value)}`;
}
