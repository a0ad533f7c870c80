import { DescribeTasksCommand, StopTaskCommand } from '@aws-sdk/client-ecs';
import { SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import { expect, it } from 'vitest';
import { startTestEmulator } from './testEmulator.ts';

const caller = 'arn:aws:iam::123456789012:user/emulated';
const cluster = 'arn:aws:ecs:us-east-1:123456789012:cluster/fleet';

const policies = {
  Statement: [
    {
      Effect: 'Allow',
      Action: ['ecs:RunTask', 'ecs:StopTask', 'iam:SimulatePrincipalPolicy', 'ecs:CreateCluster'],
      Resource: '*',
    },
  ],
};

it('SimulatePrincipalPolicy decides as the calls themselves are decided', async () => {
  const { emulator, iam, ecs, run } = await startTestEmulator({ hollow: true });
  const { tasks } = await run('true');
  emulator.setAccount({ policies });
  const { EvaluationResults } = await iam.send(
    new SimulatePrincipalPolicyCommand({
      PolicySourceArn: caller,
      ActionNames: ['ecs:StopTask', 'ecs:DescribeTasks'],
      ResourceArns: [tasks?.[0]?.taskArn ?? ''],
      ContextEntries: [
        { ContextKeyName: 'ecs:cluster', ContextKeyType: 'string', ContextKeyValues: [cluster] },
      ],
    }),
  );
  expect(EvaluationResults).toMatchObject([
    { EvalActionName: 'ecs:StopTask', EvalDecision: 'allowed' },
    { EvalActionName: 'ecs:DescribeTasks', EvalDecision: 'implicitDeny' },
  ]);
  const task = { cluster: 'fleet', task: tasks?.[0]?.taskArn };
  await ecs.send(new StopTaskCommand(task));
  await expect(
    ecs.send(new DescribeTasksCommand({ cluster: 'fleet', tasks: [task.task ?? ''] })),
  ).rejects.toMatchObject({ name: 'AccessDeniedException' });
});

it('SimulatePrincipalPolicy knows only the caller, by the role where the caller has assumed one', async () => {
  const { emulator, iam } = await startTestEmulator({ hollow: true });
  const simulate = (arn: string) =>
    iam.send(new SimulatePrincipalPolicyCommand({ PolicySourceArn: arn, ActionNames: ['a:B'] }));
  await expect(simulate('arn:aws:iam::123456789012:user/other')).rejects.toMatchObject({
    name: 'NoSuchEntityException',
  });
  emulator.setAccount({ callerArn: 'arn:aws:sts::123456789012:assumed-role/Fleet/session' });
  await expect(simulate('arn:aws:iam::123456789012:role/Fleet')).resolves.toMatchObject({
    EvaluationResults: [{ EvalDecision: 'allowed' }],
  });
});
