import { describe, expect, it } from 'vitest';
import { scopeOf } from '../../../../src/aws/preflight/permissions.ts';
import { policiesFor } from '../../../../src/aws/preflight/policy.ts';

const settings = { region: 'us-east-1', cluster: 'fleet', family: 'scaler' };
const policies = policiesFor(scopeOf(settings, { account: '123456789012' }));
const actions = ({ Statement }: (typeof policies)['doctor']) =>
  Statement.flatMap(({ Action }) => Action);

describe('the policies', () => {
  it('of the steady state let IAM only be read, and pass only the execution role to ECS', () => {
    const { steadyState } = policies;
    expect(actions(steadyState).filter((action) => action.startsWith('iam:'))).toEqual([
      'iam:PassRole',
      'iam:GetRole',
    ]);
    expect(steadyState.Statement).toContainEqual({
      Sid: expect.any(String),
      Effect: 'Allow',
      Action: ['iam:PassRole'],
      Resource: ['arn:aws:iam::123456789012:role/ecsTaskExecutionRole'],
      Condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
    });
  });

  it('of doctor only read', () => {
    expect(
      actions(policies.doctor).every((action) => /:(Describe|Get|List|Simulate)/.test(action)),
    ).toBe(true);
  });

  it('have one statement for all actions on the same tasks, with the cluster as condition', () => {
    expect(policies.steadyState.Statement).toContainEqual(
      expect.objectContaining({
        Action: ['ecs:StopTask', 'ecs:DescribeTasks'],
        Resource: ['arn:aws:ecs:us-east-1:123456789012:task/fleet/*'],
        Condition: {
          ArnEquals: { 'ecs:cluster': 'arn:aws:ecs:us-east-1:123456789012:cluster/fleet' },
        },
      }),
    );
  });

  it('have statement ids that IAM accepts, and each once', () => {
    for (const { Statement } of Object.values(policies)) {
      const ids = Statement.map(({ Sid }) => Sid);
      expect(ids.every((id) => /^[A-Za-z0-9]+$/.test(id))).toBe(true);
      expect(new Set(ids).size).toBe(ids.length);
    }
  });

  it('allow the capacity providers only where the settings use one', () => {
    const spot = policiesFor(scopeOf({ ...settings, capacityProvider: 'FARGATE_SPOT' }));
    expect(actions(policies.firstRun)).not.toContain('ecs:PutClusterCapacityProviders');
    expect(actions(spot.firstRun)).toContain('ecs:PutClusterCapacityProviders');
  });

  it('name the partition of the region, a cluster given by ARN, and any account if it is unknown', () => {
    const china = policiesFor(
      scopeOf({
        ...settings,
        region: 'cn-north-1',
        cluster: 'arn:aws-cn:ecs:cn-north-1:1:cluster/c',
      }),
    );
    expect(JSON.stringify(china.steadyState)).toContain('arn:aws-cn:ecs:cn-north-1:*:task/c/*');
    expect(JSON.stringify(china.firstRun)).toContain('arn:aws-cn:iam::aws:policy/service-role/');
  });
});
