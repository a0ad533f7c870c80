import { choice, text } from './definition.ts';

/** Fields that mean the same in every event. */
export const group = text('worker group: one Fargate task and its workers');
export const task = text('ARN of the Fargate task');
export const launch = text('label of the launch: one RunTask for up to ten groups');
export const reason = text('why, in the words of AWS or of the system');
export const kind = choice(
  'kind of failure: throttled, unreachable, refused, capacity, addresses, quota, invalid, unprepared, denied, credentials, journal or bug',
  {
    throttled: 'AWS throttles us',
    unreachable: 'no answer from AWS',
    refused: 'refused by AWS',
    capacity: 'AWS has no capacity',
    addresses: 'no free addresses in the subnet',
    quota: 'quota of the account reached',
    invalid: 'invalid request',
    unprepared: 'cluster or task definition missing',
    denied: 'permission denied',
    credentials: 'credentials refused or missing',
    journal: 'journal not writable',
    bug: 'bug of scaler-ecs',
  },
);
export const transport = choice('ymq or zmq', { ymq: 'YMQ', zmq: 'ZeroMQ' });
export const generation = choice('generation of the protocol: g1, g1b, g2, g23, g3 or g4', {
  g1: 'Scaler before 1.19',
  g1b: 'Scaler 1.19 or 1.20',
  g2: 'Scaler 1.21 to 2.0',
  g23: 'Scaler 2.1.0 to 2.3.3',
  g3: 'Scaler 2.3.4 to 2.6',
  g4: 'Scaler 2.7 or newer',
});
/** The same, where its words are the only thing that matters. */
export const schedulerReleases = generation;
export const state = text('state that the machine has entered');
export const error = text('error with its stack');

/** Kinds of failure that do not end without a person. */
export const needsPerson = ['invalid', 'denied', 'credentials'] as const;
