import { expect, it } from 'vitest';
import type { EventFields, EventName } from '../../../../src/telemetry/events.ts';
import { eventMetrics } from '../../../../src/telemetry/metrics/eventMetrics.ts';
import type { Metrics } from '../../../../src/telemetry/metrics/registry.ts';

/** What is written for one event. */
function writtenFor<Name extends EventName>(name: Name, fields: EventFields<Name>): unknown[] {
  const written: unknown[] = [];
  const metrics: Metrics = {
    add: (...given) => written.push(given),
    observe: (...given) => written.push(given),
    set: (...given) => written.push(given),
  };
  eventMetrics(metrics).report(name, fields);
  return written;
}

it('counts a launch and its tasks, and nothing for a launch without tasks', () => {
  expect(writtenFor('launch.completed', { launch: 'l', tasks: 7 })).toEqual([
    ['scaler_ecs_launches_total', { outcome: 'launched', cause: 'none' }],
    ['scaler_ecs_tasks_launched_total', {}, 7],
  ]);
  expect(writtenFor('launch.completed', { launch: 'l', tasks: 0 })).toEqual([]);
});

it('counts a refused launch by its cause, and an answer that did not come', () => {
  expect(
    writtenFor('launch.refused', { launch: 'l', kind: 'capacity', reason: 'none left' }),
  ).toEqual([['scaler_ecs_launches_total', { outcome: 'refused', cause: 'capacity' }]]);
  const state = { launch: 'l', groups: [], state: 'outcomeUnknown' };
  expect(writtenFor('launch.stateChanged', state)).toEqual([
    ['scaler_ecs_launches_total', { outcome: 'unknown', cause: 'unreachable' }],
  ]);
  expect(writtenFor('launch.stateChanged', { ...state, state: 'requesting' })).toEqual([]);
});

it('observes the known parts of a boot in seconds', () => {
  const known = { provisioningMs: null, registrationMs: 2500, totalMs: 31_000 };
  expect(writtenFor('group.registered', { group: 'g', task: 'arn', ...known })).toEqual([
    ['scaler_ecs_boot_seconds', 2.5, { phase: 'registration' }],
    ['scaler_ecs_boot_seconds', 31, { phase: 'total' }],
  ]);
});

it('counts calls, their times and throttles, whichever kind a throttle was turned into', () => {
  expect(writtenFor('awsCall.answered', { operation: 'RunTask', ms: 250 })).toEqual([
    ['scaler_ecs_api_calls_total', { operation: 'RunTask', outcome: 'ok' }],
    ['scaler_ecs_api_call_seconds', 0.25, { operation: 'RunTask' }],
  ]);
  const failed = { operation: 'RunTask', ms: 250, awsName: 'ThrottlingException', message: 'no' };
  for (const fields of [
    { ...failed, kind: 'throttled', code: 'x' },
    { ...failed, kind: 'refused', code: 'throttled' },
  ])
    expect(writtenFor('awsCall.failed', fields)).toContainEqual([
      'scaler_ecs_api_throttles_total',
      { operation: 'RunTask' },
    ]);
  expect(writtenFor('awsCall.failed', { ...failed, kind: 'denied', code: 'x' })).toHaveLength(2);
});

it('counts the end of a group by its cause, and nothing for other events', () => {
  const end = { group: 'g', task: null, cause: 'lost', detail: null };
  expect(writtenFor('group.ended', end)).toEqual([
    ['scaler_ecs_groups_ended_total', { cause: 'lost' }],
  ]);
  expect(writtenFor('heartbeat.notSent', {})).toEqual([]);
});
