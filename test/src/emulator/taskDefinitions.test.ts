import {
  DeregisterTaskDefinitionCommand,
  DescribeTaskDefinitionCommand,
  ListTaskDefinitionsCommand,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
} from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';
import { definition, startTestEmulator } from './testEmulator.ts';

const hollow = { hollow: true };

describe('task definitions', () => {
  const register = (over: Partial<RegisterTaskDefinitionCommandInput>) =>
    new RegisterTaskDefinitionCommand({
      ...definition,
      requiresCompatibilities: ['FARGATE'],
      containerDefinitions: [...definition.containerDefinitions],
      ...over,
    });

  it('get a new revision at each registration, and the family name resolves to the newest ACTIVE revision', async () => {
    const { ecs } = await startTestEmulator(hollow);
    const { taskDefinition } = await ecs.send(register({ cpu: '1 vCPU', memory: '4 GB' }));
    expect(taskDefinition).toMatchObject({
      taskDefinitionArn: 'arn:aws:ecs:us-east-1:123456789012:task-definition/scaler:2',
      cpu: '1024',
      memory: '4096',
      status: 'ACTIVE',
      compatibilities: ['EC2', 'FARGATE'],
    });
    const describeDefinition = async (taskDefinition: string) =>
      (await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition }))).taskDefinition;
    expect((await describeDefinition('scaler'))?.revision).toBe(2);
    await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: 'scaler:2' }));
    expect((await describeDefinition('scaler'))?.revision).toBe(1);
    expect((await describeDefinition('scaler:2'))?.status).toBe('INACTIVE');
    await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: 'scaler:1' }));
    await expect(describeDefinition('scaler')).rejects.toThrow(
      'Unable to describe task definition.',
    );
    const { taskDefinitionArns } = await ecs.send(
      new ListTaskDefinitionsCommand({ familyPrefix: 'scaler', status: 'INACTIVE' }),
    );
    expect(taskDefinitionArns).toHaveLength(2);
    expect((await ecs.send(register({}))).taskDefinition?.revision).toBe(3);
  });

  const container = definition.containerDefinitions[0];
  const cases: [Partial<RegisterTaskDefinitionCommandInput>, string | RegExp][] = [
    [{ networkMode: 'bridge' }, 'Fargate only supports network mode ‘awsvpc’.'],
    [{ cpu: undefined }, "Fargate requires that 'cpu' be defined at the task level."],
    [{ memory: undefined }, "Fargate requires that 'memory' be defined at the task level."],
    [{ cpu: '4096', memory: '31744' }, /^No Fargate configuration exists for given values/],
    [{ cpu: 'lots' }, "Invalid 'cpu' setting for task."],
    [{ containerDefinitions: [] }, 'Container list cannot be empty.'],
    [{ containerDefinitions: [{ name: 'x' }] }, 'Container.image should not be null or empty.'],
    [
      { containerDefinitions: [{ ...container, stopTimeout: 121 }] },
      'Tasks using the Fargate launch type must have a container stop timeout of less than 120 seconds.',
    ],
    [
      { containerDefinitions: [{ ...container, logConfiguration: { logDriver: 'awslogs' } }] },
      'Fargate requires task definition to have execution role ARN to support log driver awslogs.',
    ],
    [{ ephemeralStorage: { sizeInGiB: 20 } }, 'EphemeralStorage size should be at least 21'],
    [
      { containerDefinitions: [{ ...container, secrets: [{ name: 'A', valueFrom: 'arn' }] }] },
      "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
    ],
  ];
  it.each(cases)('are refused with the ClientException of ECS: %j', async (over, message) => {
    const { ecs } = await startTestEmulator(hollow);
    const error = await ecs.send(register(over)).catch((thrown) => thrown);
    expect(error).toMatchObject({
      name: 'ClientException',
      message: expect.stringMatching(message),
    });
  });
});
