import { describe, expect, it } from 'vitest';
import { claimsOf } from '../../../machines/group/launchOutcome.ts';

describe('the tasks of an answer', () => {
  const given = (taskArns: string[], createdAt?: Record<string, number>) => ({
    groupIds: ['e-1-0', 'e-1-1'],
    answer: { taskArns, refusals: [], createdAt },
  });

  it('go to groups by their position, and no task beyond the last group goes to one', () => {
    expect(claimsOf(given(['arn:1', 'arn:2', 'arn:3'], { 'arn:2': 77 }))).toEqual([
      { groupId: 'e-1-0', taskArn: 'arn:1', createdAt: null },
      { groupId: 'e-1-1', taskArn: 'arn:2', createdAt: 77 },
    ]);
    expect(claimsOf(given([]))).toEqual([]);
  });
});
