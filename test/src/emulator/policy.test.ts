import { describe, expect, it } from 'vitest';
import { decide, readPolicies } from '../../../src/emulator/policy.ts';

const task = 'arn:aws:ecs:us-east-1:123456789012:task/fleet/1';
const allow = (Action: unknown, Resource: unknown = '*', more: object = {}) => ({
  Statement: [{ Effect: 'Allow', Action, Resource, ...more }],
});

describe('a policy', () => {
  it.each([
    ['names the action', allow('ecs:StopTask'), 'allowed'],
    ['names the action in other case', allow('ECS:stoptask'), 'allowed'],
    ['covers the action by a star', allow(['iam:*', 'ecs:Stop*']), 'allowed'],
    ['names another action', allow('ecs:RunTask'), 'implicitDeny'],
    ['covers the resource', allow('ecs:*', 'arn:aws:ecs:*:*:task/fleet/*'), 'allowed'],
    ['covers another resource', allow('ecs:*', 'arn:aws:ecs:*:*:task/other/*'), 'implicitDeny'],
    [
      'has a condition that holds',
      allow('ecs:*', '*', { Condition: { ArnEquals: { 'ecs:cluster': ['a', 'b'] } } }),
      'allowed',
    ],
    [
      'has a condition that does not hold',
      allow('ecs:*', '*', { Condition: { ArnEquals: { 'ecs:cluster': 'c' } } }),
      'implicitDeny',
    ],
    [
      'has a condition on a key that the request lacks',
      allow('ecs:*', '*', { Condition: { StringEquals: { 'iam:PassedToService': 'b' } } }),
      'implicitDeny',
    ],
    [
      'also denies the action',
      {
        Statement: [
          { Effect: 'Allow', Action: '*', Resource: '*' },
          { Effect: 'Deny', Action: 'ecs:Stop*', Resource: '*' },
        ],
      },
      'explicitDeny',
    ],
  ])('that %s decides %#', (_, policy, decision) => {
    const access = { action: 'ecs:StopTask', resource: task, context: { 'ecs:cluster': 'b' } };
    expect(decide([policy], access)).toBe(decision);
  });

  it.each([
    [{}],
    [{ Statement: [{ Effect: 'Maybe', Action: '*', Resource: '*' }] }],
    [{ Statement: [{ Effect: 'Allow', Action: '*' }] }],
    [allow('*', '*', { Condition: { Bool: {} } })],
  ])('is refused as %j', (policy) => {
    expect(() => readPolicies(policy)).toThrow('policy 1 needs statements');
    expect(() => readPolicies([allow('*'), policy])).toThrow('policy 2 needs statements');
  });
});
