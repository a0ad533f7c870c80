import { text } from './definition.ts';

/** Fields that mean the same in every event. */
export const group = text('worker group: one Fargate task and its workers');
export const task = text('ARN of the Fargate task');
export const launch = text('label of the launch: one RunTask for up to ten groups');
export const reason = text('why, in the words of AWS or of the system');
export const kind = text(
  'kind of failure: throttled, unreachable, refused, capacity, addresses, quota, invalid, unprepared, denied, credentials, journal or bug',
);
export const state = text('state that the machine has entered');
export const error = text('error with its stack');

/** Kinds of failure that do not end without a person. */
export const needsPerson = ['invalid', 'denied', 'credentials'] as const;
