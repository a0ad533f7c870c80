import {
  commandOverride,
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
