import {
  commandOverride,
  container,
  ecsStep,
  failsWith,
  runTaskRefuses,
  type Scenario,
  taskDefinition,
} from './steps.ts';

/** Requests that RunTask and RegisterTaskDefinition refuse. */
export const refusalScenarios: Scenario[] = [
  runTaskRefuses('more than ten tasks', { count: 11 }, 'InvalidParameterException', '/10/'),
  runTaskRefuses(
    'overrides of more than 8192 characters',
    commandOverride('x'.repeat(8192)),
    'InvalidParameterException',
    'Container Overrides length must be at most 8192',
  ),
  runTaskRefuses(
    'a launch type together with a capacity provider strategy',
    { capacityProviderStrategy: [{ capacityProvider: 'FARGATE', weight: 1 }] },
    'InvalidParameterException',
    'Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.',
  ),
  runTaskRefuses(
    'a request without network configuration',
    { networkConfiguration: undefined },
    'InvalidParameterException',
    "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
  ),
  runTaskRefuses(
    'an unknown task definition',
    { taskDefinition: 'nothing' },
    'ClientException',
    'TaskDefinition not found.',
  ),
  runTaskRefuses(
    'a size that Fargate does not offer',
    { overrides: { cpu: '4096', memory: '31744' } },
    'ClientException',
    '/^No Fargate configuration exists for given values/',
  ),
  runTaskRefuses(
    'ECS Exec without a task role',
    { enableExecuteCommand: true },
    'InvalidParameterException',
    '/^The execute command failed because a valid task role is not being used/',
  ),
  runTaskRefuses(
    'an unknown platform version',
    { platformVersion: '9.9.9' },
    'PlatformUnknownException',
    "The specified platform version doesn't exist.",
  ),
  runTaskRefuses(
    'a reserved tag',
    { tags: [{ key: 'aws:mine', value: 'x' }] },
    'InvalidParameterException',
    '/aws:/',
  ),
  {
    name: 'RegisterTaskDefinition refuses what Fargate has not: storage, stop timeouts, secrets without a role',
    notMoto: 'moto does not validate this',
    steps: [
      ecsStep(
        'RegisterTaskDefinition',
        { ...taskDefinition, ephemeralStorage: { sizeInGiB: 201 } },
        failsWith('ClientException', '/at most 200/'),
      ),
      ecsStep(
        'RegisterTaskDefinition',
        { ...taskDefinition, containerDefinitions: [{ ...container, stopTimeout: 121 }] },
        failsWith('ClientException', '/container stop timeout/'),
      ),
      ecsStep(
        'RegisterTaskDefinition',
        {
          ...taskDefinition,
          containerDefinitions: [
            {
              ...container,
              secrets: [{ name: 'TOKEN', valueFrom: 'arn:aws:ssm:r:1:parameter/t' }],
            },
          ],
        },
        failsWith('ClientException', '/executionRoleArn/'),
      ),
    ],
  },
  {
    name: 'RegisterTaskDefinition refuses network modes and sizes that Fargate does not support',
    notMoto: 'moto does not validate this',
    steps: [
      ecsStep(
        'RegisterTaskDefinition',
        { ...taskDefinition, networkMode: 'bridge' },
        failsWith('ClientException', 'Fargate only supports network mode ‘awsvpc’.'),
      ),
      ecsStep(
        'RegisterTaskDefinition',
        { ...taskDefinition, memory: '1024' },
        failsWith('ClientException', '/^No Fargate configuration exists for given values/'),
      ),
    ],
  },
];
