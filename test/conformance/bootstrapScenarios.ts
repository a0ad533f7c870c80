import {
  container,
  ecsStep,
  failsWith,
  iamStep,
  policyArn,
  runTaskRequest,
  type Scenario,
  taskDefinition,
  trust,
} from './steps.ts';

/** What the launch settings put into a container. */
const containerSettings = {
  stopTimeout: 60,
  secrets: [
    { name: 'TOKEN', valueFrom: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:t-AbCdEf' },
  ],
  logConfiguration: {
    logDriver: 'awslogs',
    options: {
      ...{ 'awslogs-group': '/ecs/scaler', 'awslogs-region': 'us-east-1' },
      'awslogs-stream-prefix': 'scaler',
    },
  },
};

/** Clusters, task definitions and roles. */
export const bootstrapScenarios: Scenario[] = [
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
    name: 'a definition keeps roles, log, storage, stop timeout and secrets, and a task its tags',
    steps: [
      ecsStep('CreateCluster', { clusterName: 'fleet' }),
      ecsStep(
        'RegisterTaskDefinition',
        {
          ...taskDefinition,
          executionRoleArn: 'arn:aws:iam::123456789012:role/start',
          taskRoleArn: 'arn:aws:iam::123456789012:role/work',
          ephemeralStorage: { sizeInGiB: 50 },
          containerDefinitions: [{ ...container, ...containerSettings }],
        },
        {
          answer: {
            taskDefinition: {
              executionRoleArn: 'arn:aws:iam::123456789012:role/start',
              taskRoleArn: 'arn:aws:iam::123456789012:role/work',
              containerDefinitions: [containerSettings],
            },
          },
        },
      ),
      ecsStep(
        'RunTask',
        {
          ...runTaskRequest,
          platformVersion: '1.4.0',
          enableExecuteCommand: true,
          tags: [{ key: 'team', value: 'ml' }],
        },
        { answer: { failures: [] }, save: { task: 'tasks.0.taskArn' } },
      ),
      ecsStep(
        'DescribeTasks',
        { cluster: 'fleet', tasks: ['$task'], include: ['TAGS'] },
        { answer: { tasks: [{ tags: [{ key: 'team', value: 'ml' }] }] } },
      ),
    ],
  },
  {
    name: 'a task gets the tags of its definition, storage, platform version and ECS Exec',
    notMoto: 'moto shows none of these on a task',
    steps: [
      ecsStep('CreateCluster', { clusterName: 'fleet' }),
      ecsStep('RegisterTaskDefinition', {
        ...taskDefinition,
        taskRoleArn: 'arn:aws:iam::123456789012:role/work',
        ephemeralStorage: { sizeInGiB: 50 },
        tags: [{ key: 'owner', value: 'me' }],
      }),
      ecsStep(
        'RunTask',
        {
          ...runTaskRequest,
          platformVersion: '1.3.0',
          enableExecuteCommand: true,
          propagateTags: 'TASK_DEFINITION',
        },
        {
          answer: {
            tasks: [
              {
                platformVersion: '1.3.0',
                enableExecuteCommand: true,
                ephemeralStorage: { sizeInGiB: 50 },
                tags: [{ key: 'owner', value: 'me' }],
              },
            ],
          },
        },
      ),
    ],
  },
];
