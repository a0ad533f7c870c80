import { expect, it } from 'vitest';
import { placeOf } from '../../../../src/aws/tasks/taskPlace.ts';

it('placeOf reads region and cluster from an ARN, except from one of the old format', () => {
  expect(placeOf('arn:aws-cn:ecs:cn-north-1:1:task/c/abc')).toEqual({
    region: 'cn-north-1',
    cluster: 'c',
  });
  expect(placeOf('arn:aws:ecs:us-east-1:1:task/abc')).toBeUndefined();
  expect(placeOf('abc')).toBeUndefined();
});
