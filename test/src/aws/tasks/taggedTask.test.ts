import { expect, it } from 'vitest';
import { taggedTaskOf } from '../../../../src/aws/tasks/taggedTask.ts';

const environment = [{ name: 'SCALER_ECS_LAUNCH', value: 'l-7' }];

it.each([
  ['no overrides', undefined, null],
  ['overrides of no container', {}, null],
  ['a container without an environment', { containerOverrides: [{}] }, null],
  ['a variable without name and value', { containerOverrides: [{ environment: [{}] }] }, null],
  ['a label in its second container', { containerOverrides: [{}, { environment }] }, 'l-7'],
])('taggedTaskOf reads a task with %s', (_, overrides, label) =>
  expect(taggedTaskOf({ taskArn: 'arn:1', lastStatus: 'RUNNING', overrides })).toEqual({
    ...{ taskArn: 'arn:1', label, phase: 'running', createdAt: null },
    ...{ startedBy: '', scheduler: null },
  }),
);

it.each([
  ['bought on Spot', { capacityProviderName: 'FARGATE_SPOT' }, 'spot'],
  ['bought on demand', { launchType: 'FARGATE' as const }, 'onDemand'],
  ['of which ECS does not say where it was bought', {}, undefined],
])('taggedTaskOf reads a task %s', (_, bought, market) =>
  expect(taggedTaskOf({ taskArn: 'arn:1', lastStatus: 'RUNNING', ...bought }).market).toBe(market),
);
