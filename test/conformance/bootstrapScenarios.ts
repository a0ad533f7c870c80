import {
  container,
  ecsStep,
  failsWith,
  iamStep,
  policyArn,
  type Scenario,
  taskDefinition,
  trust,
} from './steps.ts';

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
];
