import { AttachRolePolicyCommand, CreateRoleCommand, GetRoleCommand } from '@aws-sdk/client-iam';
import { type AwsTools, BootstrapFailure, codeOf, isDenied, whileCodes } from './aws.ts';

export const executionRoleName = 'ecsTaskExecutionRole';

const trustPolicy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: 'ecs-tasks.amazonaws.com' },
      Action: 'sts:AssumeRole',
    },
  ],
});

/** Of the partition in which the role is: China and the government regions have names of their own. */
const policyArn = (roleArn: string): string =>
  `arn:${roleArn.split(':')[1] || 'aws'}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy`;

/** Makes sure that the role of the Fargate agent exists and may do its work; answers its ARN. */
export const ensureExecutionRole = async (
  tools: AwsTools,
  signal: AbortSignal,
): Promise<string> => {
  const { iam, call, log } = tools;
  const RoleName = executionRoleName;

  const read = async (): Promise<string | undefined> => {
    try {
      const { Role } = await call(
        'GetRole',
        (options) => iam.send(new GetRoleCommand({ RoleName }), options),
        signal,
      );
      return Role?.Arn;
    } catch (error) {
      if (codeOf(error) === 'roleMissing') return undefined;
      throw error;
    }
  };

  const create = async (): Promise<string | undefined> => {
    const command = { RoleName, AssumeRolePolicyDocument: trustPolicy };
    try {
      const { Role } = await call(
        'CreateRole',
        (options) => iam.send(new CreateRoleCommand(command), options),
        signal,
      );
      log.report('executionRole.created', { role: RoleName });
      return Role?.Arn;
    } catch (error) {
      // Made by another start at the same moment, or by our own request whose answer was lost.
      if (codeOf(error) === 'roleExists') return await read();
      throw error;
    }
  };

  const existing = await read();
  const arn = existing ?? (await create());
  if (!arn) throw new BootstrapFailure('refused', `role ${RoleName}: IAM gives no ARN for it`);
  try {
    // Also to a role that was there: a start that died between creating and attaching left it without.
    await whileCodes(['busy', 'roleMissing'], tools, signal, () =>
      call(
        'AttachRolePolicy',
        (options) =>
          iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: policyArn(arn) }), options),
        signal,
      ),
    );
  } catch (error) {
    if (!existing || !isDenied(error)) throw error;
    log.report('executionRole.policyNotAttached', { role: RoleName });
  }
  return arn;
};
