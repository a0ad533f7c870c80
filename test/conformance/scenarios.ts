/** One call and its expected result. */
export interface Step {
  service: 'ecs' | 'iam';
  call: string;
  with: Record<string, unknown>;
  /** Expected answer; see `mismatch`. */
  answer?: unknown;
  /** The expected error, instead of an answer. */
  error?: { code: string; message: string };
  /** Repeats the call until `answer` matches, for at most 10 s. */
  eventually?: boolean;
  /** Values of the answer to save for later steps: name to path. */
  save?: Record<string, string>;
}

/** Replaces the emulator's fault rules for the following steps. */
export interface Faults {
  faults: unknown;
}

export interface Scenario {
  name: string;
  /** Why the scenario is not run with moto. */
  notMoto?: string;
  steps: (Step | Faults)[];
}

const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: 'ecs-tasks.amazonaws.com' },
      Action: 'sts:AssumeRole',
    },
  ],
});
const policyArn = 'arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy';

const ecsStep = (call: string, input: object, options: Partial<Step> = {}): Step => ({
  service: 'ecs',
  call,
  with: input as Record<string, unknown>,
  ...options,
});
const iamStep = (call: string, input: object, options: Partial<Step> = {}): Step => ({
  ...ecsStep(call, input, options),
  service: 'iam',
});
const failsWith = (code: string, message: string): Partial<Step> => ({ error: { code, message } });
const failsWithInvalidParameter = (message: string) =>
  failsWith('InvalidParameterException', message);

const container = { name: 'scaler-container', image: 'scaler:latest', memory: 512 };
const taskDefinition = {
  family: 'scaler',
  cpu: '1024',
  memory: '2048',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  containerDefinitions: [container],
};
const runTaskRequest = {
  cluster: 'fleet',
  taskDefinition: 'scaler',
  launchType: 'FARGATE',
  networkConfiguration: {
    awsvpcConfiguration: { subnets: ['$subnet'], securityGroups: [], assignPublicIp: 'ENABLED' },
  },
};
const commandOverride = (value: string) => ({
  overrides: {
    containerOverrides: [{ name: 'scaler-container', environment: [{ name: 'COMMAND', value }] }],
  },
});
const setupSteps = [
  ecsStep('CreateCluster', { clusterName: 'fleet' }),
  ecsStep('RegisterTaskDefinition', taskDefinition),
];
const runTaskRefuses = (
  name: string,
  request: object,
  code: string,
  message: string,
): Scenario => ({
  name: `RunTask refuses ${name}`,
  notMoto: 'moto does not validate this',
  steps: [
    ...setupSteps,
    ecsStep('RunTask', { ...runTaskRequest, ...request }, failsWith(code, message)),
  ],
});

export const scenarios: Scenario[] = [
  {
    name: 'clusters are created, described and listed, and unknown ones are MISSING',
    steps: [
      ecsStep(
        'CreateCluster',
        { clusterName: 'fleet' },
        {
          answer: {
            cluster: {
              clusterName: 'fleet',
              clusterArn: '/^arn:aws:ecs:us-east-1:123456789012:cluster/fleet$/',
              status: 'ACTIVE',
              runningTasksCount: 0,
              pendingTasksCount: 0,
              capacityProviders: [],
            },
          },
          save: { clusterArn: 'cluster.clusterArn' },
        },
      ),
      ecsStep(
        'CreateCluster',
        { clusterName: 'fleet' },
        { answer: { cluster: { status: 'ACTIVE' } } },
      ),
      ecsStep(
        'DescribeClusters',
        { clusters: ['fleet', 'nowhere'] },
        {
          answer: {
            clusters: [{ clusterArn: '$clusterArn' }],
            failures: [{ arn: '/cluster/nowhere$/', reason: 'MISSING' }],
          },
        },
      ),
      ecsStep('ListClusters', {}, { answer: { clusterArns: ['$clusterArn'] } }),
      ecsStep(
        'ListTasks',
        { cluster: 'nowhere' },
        failsWith('ClusterNotFoundException', 'Cluster not found.'),
      ),
    ],
  },
  {
    name: 'task definitions get revisions and are described by family',
    steps: [
      ecsStep(
        'DescribeTaskDefinition',
        { taskDefinition: 'scaler' },
        failsWith('ClientException', 'Unable to describe task definition.'),
      ),
      ecsStep('RegisterTaskDefinition', taskDefinition, {
        answer: {
          taskDefinition: {
            taskDefinitionArn: '/:task-definition/scaler:1$/',
            family: 'scaler',
            revision: 1,
            status: 'ACTIVE',
            cpu: '1024',
            memory: '2048',
            networkMode: 'awsvpc',
            requiresCompatibilities: ['FARGATE'],
            compatibilities: ['EC2', 'FARGATE'],
            containerDefinitions: [{ ...container, cpu: 0, essential: true, environment: [] }],
          },
        },
      }),
      ecsStep('RegisterTaskDefinition', taskDefinition, {
        answer: { taskDefinition: { revision: 2 } },
        save: { second: 'taskDefinition.taskDefinitionArn' },
      }),
      ecsStep(
        'DescribeTaskDefinition',
        { taskDefinition: 'scaler' },
        { answer: { taskDefinition: { revision: 2 } } },
      ),
      ecsStep(
        'DescribeTaskDefinition',
        { taskDefinition: 'scaler:1' },
        { answer: { taskDefinition: { revision: 1 } } },
      ),
      ecsStep(
        'ListTaskDefinitions',
        { familyPrefix: 'scaler' },
        {
          answer: { taskDefinitionArns: ['/scaler:1$/', '$second'] },
        },
      ),
      ecsStep(
        'DeregisterTaskDefinition',
        { taskDefinition: 'scaler:2' },
        { answer: { taskDefinition: { status: 'INACTIVE' } } },
      ),
    ],
  },
  {
    name: 'the family name does not resolve to a deregistered revision',
    notMoto: 'moto resolves to the deregistered revision',
    steps: [
      ecsStep('RegisterTaskDefinition', taskDefinition),
      ecsStep('RegisterTaskDefinition', taskDefinition),
      ecsStep('DeregisterTaskDefinition', { taskDefinition: 'scaler:2' }),
      ecsStep(
        'DescribeTaskDefinition',
        { taskDefinition: 'scaler' },
        { answer: { taskDefinition: { revision: 1 } } },
      ),
    ],
  },
  {
    name: 'the execution role is unknown, then created, and has its attached policy',
    steps: [
      iamStep(
        'GetRole',
        { RoleName: 'execution' },
        failsWith(
          'NoSuchEntity',
          '/The role with name execution cannot be found|Role execution not found/',
        ),
      ),
      iamStep(
        'CreateRole',
        { RoleName: 'execution', AssumeRolePolicyDocument: trust },
        {
          answer: {
            Role: {
              RoleName: 'execution',
              Path: '/',
              Arn: 'arn:aws:iam::123456789012:role/execution',
              RoleId: '/^AROA/',
              CreateDate: '$time',
              AssumeRolePolicyDocument: JSON.parse(trust),
            },
          },
        },
      ),
      iamStep(
        'CreateRole',
        { RoleName: 'execution', AssumeRolePolicyDocument: trust },
        failsWith('EntityAlreadyExists', 'Role with name execution already exists.'),
      ),
      iamStep('AttachRolePolicy', { RoleName: 'execution', PolicyArn: policyArn }),
      iamStep('AttachRolePolicy', { RoleName: 'execution', PolicyArn: policyArn }),
      iamStep(
        'ListAttachedRolePolicies',
        { RoleName: 'execution' },
        {
          answer: {
            AttachedPolicies: [
              { PolicyName: 'AmazonECSTaskExecutionRolePolicy', PolicyArn: policyArn },
            ],
          },
        },
      ),
      iamStep(
        'GetRole',
        { RoleName: 'execution' },
        { answer: { Role: { MaxSessionDuration: 3600 } } },
      ),
    ],
  },
  {
    name: 'a task is started, described, listed and stopped',
    steps: [
      ...setupSteps,
      ecsStep(
        'RunTask',
        { ...runTaskRequest, ...commandOverride('exec sleep 60'), startedBy: 'se-me' },
        {
          answer: {
            failures: [],
            tasks: [
              {
                taskArn: '/^arn:aws:ecs:us-east-1:123456789012:task/fleet/[0-9a-f-]{32,36}$/',
                desiredStatus: 'RUNNING',
                startedBy: 'se-me',
                launchType: 'FARGATE',
              },
            ],
          },
          save: { task: 'tasks.0.taskArn' },
        },
      ),
      ecsStep(
        'DescribeTasks',
        { cluster: 'fleet', tasks: ['$task'] },
        {
          answer: {
            failures: [],
            tasks: [{ taskArn: '$task', lastStatus: 'RUNNING', desiredStatus: 'RUNNING' }],
          },
          eventually: true,
        },
      ),
      ecsStep(
        'ListTasks',
        { cluster: 'fleet', startedBy: 'se-me' },
        { answer: { taskArns: ['$task'] } },
      ),
      ecsStep(
        'StopTask',
        { cluster: 'fleet', task: '$task', reason: 'enough' },
        {
          answer: { task: { taskArn: '$task', desiredStatus: 'STOPPED', stoppedReason: 'enough' } },
        },
      ),
      ecsStep(
        'DescribeTasks',
        { cluster: 'fleet', tasks: ['$task'] },
        {
          answer: { tasks: [{ lastStatus: 'STOPPED', stoppedReason: 'enough' }] },
          eventually: true,
        },
      ),
      ecsStep(
        'ListTasks',
        { cluster: 'fleet', desiredStatus: 'STOPPED' },
        {
          answer: { taskArns: ['$task'] },
        },
      ),
    ],
  },
  {
    name: 'one RunTask starts three tasks',
    steps: [
      ...setupSteps,
      ecsStep(
        'RunTask',
        { ...runTaskRequest, count: 3 },
        {
          answer: { tasks: ['$any', '$any', '$any'], failures: [] },
        },
      ),
    ],
  },
  {
    name: 'a task shows all fields from start to stop',
    notMoto: 'moto has no timestamps, stop codes, attachment statuses and exit codes',
    steps: [
      ...setupSteps,
      ecsStep(
        'DescribeTaskDefinition',
        { taskDefinition: 'scaler' },
        { answer: { taskDefinition: { registeredAt: '$time' } } },
      ),
      ecsStep(
        'RunTask',
        { ...runTaskRequest, ...commandOverride('exit 3'), startedBy: 'se-me' },
        {
          answer: {
            tasks: [
              {
                lastStatus: 'PROVISIONING',
                version: 1,
                createdAt: '$time',
                startedAt: '$absent',
                group: 'family:scaler',
                cpu: '1024',
                memory: '2048',
                platformVersion: '1.4.0',
                attachments: [{ type: 'ElasticNetworkInterface', status: 'PRECREATED' }],
                containers: [{ name: 'scaler-container', lastStatus: 'PENDING', cpu: '0' }],
              },
            ],
          },
          save: { task: 'tasks.0.taskArn' },
        },
      ),
      ecsStep(
        'DescribeTasks',
        { cluster: 'fleet', tasks: ['$task'] },
        {
          eventually: true,
          answer: {
            tasks: [
              {
                lastStatus: 'STOPPED',
                desiredStatus: 'STOPPED',
                connectivity: 'CONNECTED',
                connectivityAt: '$time',
                pullStartedAt: '$time',
                pullStoppedAt: '$time',
                startedAt: '$time',
                stoppingAt: '$time',
                executionStoppedAt: '$time',
                stoppedAt: '$time',
                stopCode: 'EssentialContainerExited',
                stoppedReason: 'Essential container in task exited',
                attachments: [{ status: 'DELETED' }],
                containers: [
                  { lastStatus: 'STOPPED', exitCode: 3, runtimeId: '/^[0-9a-f]{32}-\\d{10}$/' },
                ],
              },
            ],
          },
        },
      ),
    ],
  },
  {
    name: 'a client token starts tasks once per cluster, and conflicts with a different request',
    notMoto: 'moto ignores clientToken',
    steps: [
      ...setupSteps,
      ecsStep('CreateCluster', { clusterName: 'other' }),
      ecsStep(
        'RunTask',
        { ...runTaskRequest, clientToken: 'one', count: 2 },
        {
          save: { first: 'tasks.0.taskArn', second: 'tasks.1.taskArn' },
        },
      ),
      ecsStep(
        'RunTask',
        { ...runTaskRequest, clientToken: 'one', count: 2 },
        {
          answer: { tasks: [{ taskArn: '$first' }, { taskArn: '$second' }] },
        },
      ),
      ecsStep(
        'RunTask',
        { ...runTaskRequest, clientToken: 'one', count: 1 },
        failsWith('ConflictException', '/token/'),
      ),
      ecsStep(
        'RunTask',
        { ...runTaskRequest, cluster: 'other', clientToken: 'one', count: 2 },
        {
          save: { third: 'tasks.0.taskArn' },
        },
      ),
      ecsStep('ListTasks', { cluster: 'fleet' }, { answer: { taskArns: ['$first', '$second'] } }),
      ecsStep(
        'DescribeTasks',
        { cluster: 'other', tasks: ['$third'] },
        {
          answer: { tasks: [{ taskArn: '$third' }] },
        },
      ),
    ],
  },
  {
    name: 'ListTasks returns pages',
    notMoto: 'moto ignores maxResults',
    steps: [
      ...setupSteps,
      ecsStep(
        'RunTask',
        { ...runTaskRequest, count: 3 },
        {
          save: { a: 'tasks.0.taskArn', b: 'tasks.1.taskArn', c: 'tasks.2.taskArn' },
        },
      ),
      ecsStep(
        'ListTasks',
        { cluster: 'fleet', maxResults: 2 },
        {
          answer: { taskArns: ['$a', '$b'], nextToken: '$any' },
          save: { next: 'nextToken' },
        },
      ),
      ecsStep(
        'ListTasks',
        { cluster: 'fleet', maxResults: 2, nextToken: '$next' },
        {
          answer: { taskArns: ['$c'], nextToken: '$absent' },
        },
      ),
    ],
  },
  {
    name: 'unknown tasks are MISSING in DescribeTasks and refused by StopTask',
    notMoto: 'moto omits unknown tasks, and answers StopTask with another error',
    steps: [
      ...setupSteps,
      ecsStep(
        'DescribeTasks',
        { cluster: 'fleet', tasks: ['0123456789abcdef0123456789abcdef'] },
        {
          answer: { tasks: [], failures: [{ arn: '/abcdef$/', reason: 'MISSING' }] },
        },
      ),
      ecsStep(
        'DescribeTasks',
        { cluster: 'fleet', tasks: [] },
        failsWithInvalidParameter('Tasks cannot be empty.'),
      ),
      ecsStep(
        'StopTask',
        { cluster: 'fleet', task: '0123456789abcdef0123456789abcdef' },
        failsWithInvalidParameter('The referenced task was not found.'),
      ),
    ],
  },
  {
    name: 'tags are set by RunTask, added by TagResource, shown with include TAGS, and removed by StopTask',
    notMoto: 'moto keeps the tags after StopTask',
    steps: [
      ...setupSteps,
      ecsStep(
        'RunTask',
        { ...runTaskRequest, tags: [{ key: 'team', value: 'a b' }] },
        {
          save: { task: 'tasks.0.taskArn' },
        },
      ),
      ecsStep('TagResource', { resourceArn: '$task', tags: [{ key: 'k', value: '' }] }),
      ecsStep(
        'ListTagsForResource',
        { resourceArn: '$task' },
        {
          answer: {
            tags: [
              { key: 'team', value: 'a b' },
              { key: 'k', value: '' },
            ],
          },
        },
      ),
      ecsStep(
        'DescribeTasks',
        { cluster: 'fleet', tasks: ['$task'] },
        {
          answer: { tasks: [{ tags: [] }] },
        },
      ),
      ecsStep(
        'DescribeTasks',
        { cluster: 'fleet', tasks: ['$task'], include: ['TAGS'] },
        {
          answer: { tasks: [{ tags: ['$any', '$any'] }] },
        },
      ),
      ecsStep(
        'StopTask',
        { cluster: 'fleet', task: '$task' },
        {
          answer: { task: { stoppedReason: 'Task stopped by user', stopCode: 'UserInitiated' } },
        },
      ),
      ecsStep(
        'DescribeTasks',
        { cluster: 'fleet', tasks: ['$task'], include: ['TAGS'] },
        {
          answer: { tasks: [{ tags: [] }] },
        },
      ),
    ],
  },
  {
    name: 'RunTask on FARGATE_SPOT requires its association with the cluster',
    notMoto: 'this release of moto does not support FARGATE_SPOT',
    steps: [
      ...setupSteps,
      ecsStep(
        'RunTask',
        {
          ...runTaskRequest,
          launchType: undefined,
          capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }],
        },
        failsWithInvalidParameter(
          '/^The specified capacity provider strategy cannot contain a capacity provider that is not associated/',
        ),
      ),
      ecsStep(
        'PutClusterCapacityProviders',
        {
          cluster: 'fleet',
          capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
          defaultCapacityProviderStrategy: [],
        },
        { answer: { cluster: { capacityProviders: ['FARGATE', 'FARGATE_SPOT'] } } },
      ),
      ecsStep(
        'RunTask',
        {
          ...runTaskRequest,
          launchType: undefined,
          capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }],
        },
        { answer: { tasks: [{ capacityProviderName: 'FARGATE_SPOT' }] } },
      ),
    ],
  },
  {
    name: 'RunTask reports missing capacity and quotas as failures with status 200',
    notMoto: 'moto has unlimited capacity',
    steps: [
      ...setupSteps,
      { faults: [{ operation: 'RunTask', do: { partialFailures: 1 }, when: { times: 1 } }] },
      ecsStep(
        'RunTask',
        { ...runTaskRequest, count: 2 },
        {
          answer: { tasks: ['$any'], failures: [{ reason: '/^Capacity is unavailable/' }] },
        },
      ),
      { faults: [{ operation: 'RunTask', do: { vcpuQuota: 2 } }] },
      ecsStep(
        'RunTask',
        { ...runTaskRequest, count: 3 },
        {
          answer: {
            tasks: ['$any'],
            failures: ['$any', { reason: '/^You’ve reached the limit/' }],
          },
        },
      ),
      { faults: [] },
    ],
  },
  {
    name: 'every client distinguishes throttling, server errors and expired tokens',
    notMoto: 'moto never throttles',
    steps: [
      ...setupSteps,
      { faults: [{ operation: 'RunTask', do: 'throttle' }] },
      ecsStep('RunTask', runTaskRequest, failsWith('ThrottlingException', 'Rate exceeded')),
      { faults: [{ operation: '*', do: 'error500Before' }] },
      ecsStep(
        'RunTask',
        runTaskRequest,
        failsWith('ServerException', 'Service Unavailable. Please try again later.'),
      ),
      iamStep(
        'GetRole',
        { RoleName: 'r' },
        failsWith('ServiceFailure', 'Service Unavailable. Please try again later.'),
      ),
      { faults: [{ operation: '*', do: 'expiredToken' }] },
      ecsStep('ListTasks', { cluster: 'fleet' }, failsWith('ExpiredTokenException', '/expired/')),
      iamStep('GetRole', { RoleName: 'r' }, failsWith('ExpiredToken', '/expired/')),
      { faults: [] },
    ],
  },
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
