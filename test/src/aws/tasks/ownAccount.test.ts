import { expect, it } from 'vitest';
import { otherAccount } from '../../../../src/aws/tasks/ownAccount.ts';

it('finds a task to be in another account only where both accounts are known', () => {
  expect(otherAccount('StopTask', '1', '2')).toMatchObject({
    ...{ kind: 'credentials', code: 'otherAccount', awsName: 'StopTask' },
    message: 'StopTask: that is in AWS account 1, and our credentials are of account 2',
  });
  expect(otherAccount('StopTask', '1', '1')).toBeNull();
  expect(otherAccount('StopTask', '1', null)).toBeNull();
  expect(otherAccount('StopTask', undefined, '2')).toBeNull();
});
