import {
  commandOverride,
  ecsStep,
  failsWith,
  failsWithInvalidParameter,
  iamStep,
  runTaskRequest,
  type Scenario,
  setupSteps,
} from './steps.ts';

/** Tasks from RunTask to StopTask, and faults of these calls. */
export const taskScenarios: Scenario[] = [
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
];
