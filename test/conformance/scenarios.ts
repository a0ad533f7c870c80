/** One call and what must come of it. `saves` keeps values of the answer for later steps, by path. */
export interface Step {
  service: 'ecs' | 'iam';
  call: string;
  with: Record<string, unknown>;
  gives?: unknown;
  /** The error it must end with, instead of an answer. */
  fails?: { code: string; message: string };
  /** Repeats the call until `gives` fits, at most 10 s. */
  eventually?: boolean;
  saves?: Record<string, string>;
}

/** Fault rules for our emulator, in force from here on. */
export interface Faults {
  faults: unknown;
}

export interface Scenario {
  name: string;
  /** Left out for moto, for the reason given: it does something else there, or nothing at all. */
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

const ecs = (call: string, input: object, more: Partial<Step> = {}): Step => ({
  service: 'ecs',
  call,
  with: input as Record<string, unknown>,
  ...more,
});
const iam = (call: string, input: object, more: Partial<Step> = {}): Step => ({
  ...ecs(call, input, more),
  service: 'iam',
});
const fails = (code: string, message: string): Partial<Step> => ({ fails: { code, message } });
const badParameter = (message: string) => fails('InvalidParameterException', message);

const container = { name: 'scaler-container', image: 'scaler:latest', memory: 512 };
const registered = {
  family: 'scaler',
  cpu: '1024',
  memory: '2048',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  containerDefinitions: [container],
};
const launch = {
  cluster: 'fleet',
  taskDefinition: 'scaler',
  launchType: 'FARGATE',
  networkConfiguration: {
    awsvpcConfiguration: { subnets: ['$subnet'], securityGroups: [], assignPublicIp: 'ENABLED' },
  },
};
const command = (value: string) => ({
  overrides: {
    containerOverrides: [{ name: 'scaler-container', environment: [{ name: 'COMMAND', value }] }],
  },
});
const ready = [
  ecs('CreateCluster', { clusterName: 'fleet' }),
  ecs('RegisterTaskDefinition', registered),
];
const refuses = (name: string, request: object, code: string, message: string): Scenario => ({
  name: `RunTask refuses ${name}`,
  notMoto: 'moto checks nothing here',
  steps: [...ready, ecs('RunTask', { ...launch, ...request }, fails(code, message))],
});

export const scenarios: Scenario[] = [
  {
    name: 'clusters are created, described, listed and missed',
    steps: [
      ecs(
        'CreateCluster',
        { clusterName: 'fleet' },
        {
          gives: {
            cluster: {
              clusterName: 'fleet',
              clusterArn: '/^arn:aws:ecs:us-east-1:123456789012:cluster/fleet$/',
              status: 'ACTIVE',
              runningTasksCount: 0,
              pendingTasksCount: 0,
              capacityProviders: [],
            },
          },
          saves: { clusterArn: 'cluster.clusterArn' },
        },
      ),
      ecs('CreateCluster', { clusterName: 'fleet' }, { gives: { cluster: { status: 'ACTIVE' } } }),
      ecs(
        'DescribeClusters',
        { clusters: ['fleet', 'nowhere'] },
        {
          gives: {
            clusters: [{ clusterArn: '$clusterArn' }],
            failures: [{ arn: '/cluster/nowhere$/', reason: 'MISSING' }],
          },
        },
      ),
      ecs('ListClusters', {}, { gives: { clusterArns: ['$clusterArn'] } }),
      ecs(
        'ListTasks',
        { cluster: 'nowhere' },
        fails('ClusterNotFoundException', 'Cluster not found.'),
      ),
    ],
  },
  {
    name: 'task definitions get revisions and are found by family',
    steps: [
      ecs(
        'DescribeTaskDefinition',
        { taskDefinition: 'scaler' },
        fails('ClientException', 'Unable to describe task definition.'),
      ),
      ecs('RegisterTaskDefinition', registered, {
        gives: {
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
      ecs('RegisterTaskDefinition', registered, {
        gives: { taskDefinition: { revision: 2 } },
        saves: { second: 'taskDefinition.taskDefinitionArn' },
      }),
      ecs(
        'DescribeTaskDefinition',
        { taskDefinition: 'scaler' },
        { gives: { taskDefinition: { revision: 2 } } },
      ),
      ecs(
        'DescribeTaskDefinition',
        { taskDefinition: 'scaler:1' },
        { gives: { taskDefinition: { revision: 1 } } },
      ),
      ecs(
        'ListTaskDefinitions',
        { familyPrefix: 'scaler' },
        {
          gives: { taskDefinitionArns: ['/scaler:1$/', '$second'] },
        },
      ),
      ecs(
        'DeregisterTaskDefinition',
        { taskDefinition: 'scaler:2' },
        { gives: { taskDefinition: { status: 'INACTIVE' } } },
      ),
    ],
  },
  {
    name: 'a deregistered revision no longer answers for its family',
    notMoto: 'moto answers with it all the same',
    steps: [
      ecs('RegisterTaskDefinition', registered),
      ecs('RegisterTaskDefinition', registered),
      ecs('DeregisterTaskDefinition', { taskDefinition: 'scaler:2' }),
      ecs(
        'DescribeTaskDefinition',
        { taskDefinition: 'scaler' },
        { gives: { taskDefinition: { revision: 1 } } },
      ),
    ],
  },
  {
    name: 'the execution role is missing, created, there, and has its policy',
    steps: [
      iam(
        'GetRole',
        { RoleName: 'execution' },
        fails(
          'NoSuchEntity',
          '/The role with name execution cannot be found|Role execution not found/',
        ),
      ),
      iam(
        'CreateRole',
        { RoleName: 'execution', AssumeRolePolicyDocument: trust },
        {
          gives: {
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
      iam(
        'CreateRole',
        { RoleName: 'execution', AssumeRolePolicyDocument: trust },
        fails('EntityAlreadyExists', 'Role with name execution already exists.'),
      ),
      iam('AttachRolePolicy', { RoleName: 'execution', PolicyArn: policyArn }),
      iam('AttachRolePolicy', { RoleName: 'execution', PolicyArn: policyArn }),
      iam(
        'ListAttachedRolePolicies',
        { RoleName: 'execution' },
        {
          gives: {
            AttachedPolicies: [
              { PolicyName: 'AmazonECSTaskExecutionRolePolicy', PolicyArn: policyArn },
            ],
          },
        },
      ),
      iam('GetRole', { RoleName: 'execution' }, { gives: { Role: { MaxSessionDuration: 3600 } } }),
    ],
  },
  {
    name: 'a task is run, described, listed, stopped',
    steps: [
      ...ready,
      ecs(
        'RunTask',
        { ...launch, ...command('exec sleep 60'), startedBy: 'se-me' },
        {
          gives: {
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
          saves: { task: 'tasks.0.taskArn' },
        },
      ),
      ecs(
        'DescribeTasks',
        { cluster: 'fleet', tasks: ['$task'] },
        {
          gives: {
            failures: [],
            tasks: [{ taskArn: '$task', lastStatus: 'RUNNING', desiredStatus: 'RUNNING' }],
          },
          eventually: true,
        },
      ),
      ecs(
        'ListTasks',
        { cluster: 'fleet', startedBy: 'se-me' },
        { gives: { taskArns: ['$task'] } },
      ),
      ecs(
        'StopTask',
        { cluster: 'fleet', task: '$task', reason: 'enough' },
        {
          gives: { task: { taskArn: '$task', desiredStatus: 'STOPPED', stoppedReason: 'enough' } },
        },
      ),
      ecs(
        'DescribeTasks',
        { cluster: 'fleet', tasks: ['$task'] },
        {
          gives: { tasks: [{ lastStatus: 'STOPPED', stoppedReason: 'enough' }] },
          eventually: true,
        },
      ),
      ecs(
        'ListTasks',
        { cluster: 'fleet', desiredStatus: 'STOPPED' },
        {
          gives: { taskArns: ['$task'] },
        },
      ),
    ],
  },
  {
    name: 'a batch is run at once',
    steps: [
      ...ready,
      ecs(
        'RunTask',
        { ...launch, count: 3 },
        {
          gives: { tasks: ['$any', '$any', '$any'], failures: [] },
        },
      ),
    ],
  },
  {
    name: 'a life has all its fields',
    notMoto: 'moto has no timestamps, stop codes, attachments that attach, exit codes',
    steps: [
      ...ready,
      ecs(
        'DescribeTaskDefinition',
        { taskDefinition: 'scaler' },
        { gives: { taskDefinition: { registeredAt: '$time' } } },
      ),
      ecs(
        'RunTask',
        { ...launch, ...command('exit 3'), startedBy: 'se-me' },
        {
          gives: {
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
          saves: { task: 'tasks.0.taskArn' },
        },
      ),
      ecs(
        'DescribeTasks',
        { cluster: 'fleet', tasks: ['$task'] },
        {
          eventually: true,
          gives: {
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
    name: 'a client token buys once, conflicts otherwise, and counts for its cluster',
    notMoto: 'moto ignores clientToken',
    steps: [
      ...ready,
      ecs('CreateCluster', { clusterName: 'other' }),
      ecs(
        'RunTask',
        { ...launch, clientToken: 'one', count: 2 },
        {
          saves: { first: 'tasks.0.taskArn', second: 'tasks.1.taskArn' },
        },
      ),
      ecs(
        'RunTask',
        { ...launch, clientToken: 'one', count: 2 },
        {
          gives: { tasks: [{ taskArn: '$first' }, { taskArn: '$second' }] },
        },
      ),
      ecs(
        'RunTask',
        { ...launch, clientToken: 'one', count: 1 },
        fails('ConflictException', '/token/'),
      ),
      ecs(
        'RunTask',
        { ...launch, cluster: 'other', clientToken: 'one', count: 2 },
        {
          saves: { third: 'tasks.0.taskArn' },
        },
      ),
      ecs('ListTasks', { cluster: 'fleet' }, { gives: { taskArns: ['$first', '$second'] } }),
      ecs(
        'DescribeTasks',
        { cluster: 'other', tasks: ['$third'] },
        {
          gives: { tasks: [{ taskArn: '$third' }] },
        },
      ),
    ],
  },
  {
    name: 'lists come in pages',
    notMoto: 'moto ignores maxResults',
    steps: [
      ...ready,
      ecs(
        'RunTask',
        { ...launch, count: 3 },
        {
          saves: { a: 'tasks.0.taskArn', b: 'tasks.1.taskArn', c: 'tasks.2.taskArn' },
        },
      ),
      ecs(
        'ListTasks',
        { cluster: 'fleet', maxResults: 2 },
        {
          gives: { taskArns: ['$a', '$b'], nextToken: '$any' },
          saves: { next: 'nextToken' },
        },
      ),
      ecs(
        'ListTasks',
        { cluster: 'fleet', maxResults: 2, nextToken: '$next' },
        {
          gives: { taskArns: ['$c'], nextToken: '$absent' },
        },
      ),
    ],
  },
  {
    name: 'unknown tasks are missing, or refused',
    notMoto: 'moto leaves them out silently, and fails on StopTask',
    steps: [
      ...ready,
      ecs(
        'DescribeTasks',
        { cluster: 'fleet', tasks: ['0123456789abcdef0123456789abcdef'] },
        {
          gives: { tasks: [], failures: [{ arn: '/abcdef$/', reason: 'MISSING' }] },
        },
      ),
      ecs('DescribeTasks', { cluster: 'fleet', tasks: [] }, badParameter('Tasks cannot be empty.')),
      ecs(
        'StopTask',
        { cluster: 'fleet', task: '0123456789abcdef0123456789abcdef' },
        badParameter('The referenced task was not found.'),
      ),
    ],
  },
  {
    name: 'tags are given, added, shown when asked for, and deleted by StopTask',
    notMoto: 'moto keeps them',
    steps: [
      ...ready,
      ecs(
        'RunTask',
        { ...launch, tags: [{ key: 'team', value: 'a b' }] },
        {
          saves: { task: 'tasks.0.taskArn' },
        },
      ),
      ecs('TagResource', { resourceArn: '$task', tags: [{ key: 'k', value: '' }] }),
      ecs(
        'ListTagsForResource',
        { resourceArn: '$task' },
        {
          gives: {
            tags: [
              { key: 'team', value: 'a b' },
              { key: 'k', value: '' },
            ],
          },
        },
      ),
      ecs(
        'DescribeTasks',
        { cluster: 'fleet', tasks: ['$task'] },
        {
          gives: { tasks: [{ tags: [] }] },
        },
      ),
      ecs(
        'DescribeTasks',
        { cluster: 'fleet', tasks: ['$task'], include: ['TAGS'] },
        {
          gives: { tasks: [{ tags: ['$any', '$any'] }] },
        },
      ),
      ecs(
        'StopTask',
        { cluster: 'fleet', task: '$task' },
        {
          gives: { task: { stoppedReason: 'Task stopped by user', stopCode: 'UserInitiated' } },
        },
      ),
      ecs(
        'DescribeTasks',
        { cluster: 'fleet', tasks: ['$task'], include: ['TAGS'] },
        {
          gives: { tasks: [{ tags: [] }] },
        },
      ),
    ],
  },
  {
    name: 'Spot needs its association',
    notMoto: 'this release of moto cannot place on Spot',
    steps: [
      ...ready,
      ecs(
        'RunTask',
        {
          ...launch,
          launchType: undefined,
          capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }],
        },
        badParameter(
          '/^The specified capacity provider strategy cannot contain a capacity provider that is not associated/',
        ),
      ),
      ecs(
        'PutClusterCapacityProviders',
        {
          cluster: 'fleet',
          capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
          defaultCapacityProviderStrategy: [],
        },
        { gives: { cluster: { capacityProviders: ['FARGATE', 'FARGATE_SPOT'] } } },
      ),
      ecs(
        'RunTask',
        {
          ...launch,
          launchType: undefined,
          capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }],
        },
        { gives: { tasks: [{ capacityProviderName: 'FARGATE_SPOT' }] } },
      ),
    ],
  },
  {
    name: 'capacity and quota come as failures of a 200',
    notMoto: 'moto has endless capacity',
    steps: [
      ...ready,
      { faults: [{ operation: 'RunTask', do: { partialFailures: 1 }, when: { times: 1 } }] },
      ecs(
        'RunTask',
        { ...launch, count: 2 },
        {
          gives: { tasks: ['$any'], failures: [{ reason: '/^Capacity is unavailable/' }] },
        },
      ),
      { faults: [{ operation: 'RunTask', do: { vcpuQuota: 2 } }] },
      ecs(
        'RunTask',
        { ...launch, count: 3 },
        {
          gives: { tasks: ['$any'], failures: ['$any', { reason: '/^You’ve reached the limit/' }] },
        },
      ),
      { faults: [] },
    ],
  },
  {
    name: 'throttles and server errors are told apart by every client',
    notMoto: 'moto never throttles',
    steps: [
      ...ready,
      { faults: [{ operation: 'RunTask', do: 'throttle' }] },
      ecs('RunTask', launch, fails('ThrottlingException', 'Rate exceeded')),
      { faults: [{ operation: '*', do: 'error500Before' }] },
      ecs(
        'RunTask',
        launch,
        fails('ServerException', 'Service Unavailable. Please try again later.'),
      ),
      iam(
        'GetRole',
        { RoleName: 'r' },
        fails('ServiceFailure', 'Service Unavailable. Please try again later.'),
      ),
      { faults: [{ operation: '*', do: 'expiredToken' }] },
      ecs('ListTasks', { cluster: 'fleet' }, fails('ExpiredTokenException', '/expired/')),
      iam('GetRole', { RoleName: 'r' }, fails('ExpiredToken', '/expired/')),
      { faults: [] },
    ],
  },
  refuses('eleven tasks', { count: 11 }, 'InvalidParameterException', '/10/'),
  refuses(
    'overrides beyond 8192 characters',
    command('x'.repeat(8192)),
    'InvalidParameterException',
    'Container Overrides length must be at most 8192',
  ),
  refuses(
    'a launch type beside a strategy',
    { capacityProviderStrategy: [{ capacityProvider: 'FARGATE', weight: 1 }] },
    'InvalidParameterException',
    'Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.',
  ),
  refuses(
    'to run without a network',
    { networkConfiguration: undefined },
    'InvalidParameterException',
    "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
  ),
  refuses(
    'a definition nobody registered',
    { taskDefinition: 'nothing' },
    'ClientException',
    'TaskDefinition not found.',
  ),
  refuses(
    'a size Fargate has not',
    { overrides: { cpu: '4096', memory: '31744' } },
    'ClientException',
    '/^No Fargate configuration exists for given values/',
  ),
  {
    name: 'RegisterTaskDefinition refuses what Fargate has not',
    notMoto: 'moto checks nothing here',
    steps: [
      ecs(
        'RegisterTaskDefinition',
        { ...registered, networkMode: 'bridge' },
        fails('ClientException', 'Fargate only supports network mode ‘awsvpc’.'),
      ),
      ecs(
        'RegisterTaskDefinition',
        { ...registered, memory: '1024' },
        fails('ClientException', '/^No Fargate configuration exists for given values/'),
      ),
    ],
  },
];
