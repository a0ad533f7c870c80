import { DeleteClusterCommand } from '@aws-sdk/client-ecs';
import {
  attachPolicy,
  definition,
  everything,
  linkRole,
  makeCluster,
  makeRole,
  networkOf,
  register,
  type Situation,
} from './examine.ts';

/** A misconfiguration, the finding that reports it, and words that it shows. */
export interface SeededFault extends Situation {
  fault: string;
  id: string;
  severity: 'error' | 'warning';
  words: string;
}

/** Every action but these is allowed. */
const without = (...Action: string[]) => ({
  policies: {
    Statement: [
      { Effect: 'Allow', Action: '*', Resource: '*' },
      { Effect: 'Deny', Action, Resource: '*' },
    ],
  },
});

const error = (fault: string, id: string, words: string, situation: Situation): SeededFault => ({
  fault,
  id,
  severity: 'error',
  words,
  ...situation,
});
const warning = (fault: string, id: string, words: string, situation: Situation): SeededFault => ({
  ...error(fault, id, words, situation),
  severity: 'warning',
});

const settings: SeededFault[] = [
  error('4 vCPU with 7 GB', 'settings.invalid', 'Fargate has 8 to 30 GB with 4 vCPU', {
    flags: ['--ecs-task-memory', '7'],
  }),
  error('a requirement that pip cannot read', 'settings.invalid', 'line 1', {
    flags: ['--ecs-task-image', 'my/image:1', '--ecs-python-requirements', 'numpy;not a package'],
  }),
  error('a Python version that does not exist', 'settings.invalid', '"latest"', {
    flags: ['--ecs-python-version', 'latest'],
  }),
  error('a state directory that is a file', 'settings.stateDir', 'is no directory', {
    flags: ['--state-dir', '/etc/passwd'],
  }),
  warning('heartbeats every 20 s', 'settings.warning', 'removes a manager after 10 s', {
    flags: ['--heartbeat-interval-seconds', '20'],
  }),
  warning('a host name for the workers', 'settings.warning', 'accept only IP addresses', {
    flags: ['--worker-scheduler-address', 'tcp://scheduler.example:8516'],
  }),
  warning('30 s from launch to running', 'settings.startDeadline', 'gets 30 s', {
    flags: ['--start-deadline', '30'],
  }),
  warning('requirements near the limit', 'settings.largeRequest', 'ECS accepts at most 8192', {
    flags: ['--ecs-python-requirements', `numpy${'\nnumpy'.repeat(930)}`],
  }),
  error('a cap of 0 tasks', 'cap.zero', 'the cap is 0', { flags: ['--max-task-concurrency', '0'] }),
  warning('no cap', 'cap.none', 'no cap on Fargate tasks', {
    flags: ['--max-task-concurrency', '-1'],
  }),
];

const account: SeededFault[] = [
  error('no credentials', 'credentials.missing', 'no credentials: none in the settings', {
    keys: null,
  }),
  error('expired credentials', 'credentials.expired', 'is expired', {
    faults: [{ operation: '*', do: 'expiredToken' }],
  }),
  error('a wrong access key', 'credentials.invalid', 'security token', {
    faults: [
      {
        operation: '*',
        do: {
          error: {
            type: 'UnrecognizedClientException',
            message: 'The security token included in the request is invalid.',
          },
        },
      },
    ],
  }),
  warning('temporary keys that nothing renews', 'credentials.temporary', 'nothing renews them', {
    keys: { id: 'ASIDEXAMPLE', token: 'token' },
  }),
  warning('the root user', 'account.root', 'as its root user', {
    account: { callerArn: 'arn:aws:iam::123456789012:root' },
  }),
  error('AWS does not answer', 'account.unreachable', 'did not answer in time', {
    faults: [{ operation: '*', do: 'hang' }],
  }),
  warning('a misspelled region', 'region.unknown', 'us-esat-1 is no region', {
    flags: ['--aws-region', 'us-esat-1'],
  }),
  error('subnets in the region of AWS_REGION', 'region.subnets', 'but in eu-west-1', {
    env: { AWS_REGION: 'eu-west-1' },
    account: { region: 'eu-west-1', network: { subnets: [{ id: 'subnet-2' }] } },
    flags: ['--ecs-subnets', 'subnet-2'],
  }),
];

const permissions: SeededFault[] = [
  error('RunTask is denied', 'permission.ecs:RunTask', 'ecs:RunTask is denied', {
    account: without('ecs:RunTask'),
  }),
  error('StopTask is denied', 'permission.ecs:StopTask', 'ecs:StopTask is denied', {
    account: without('ecs:StopTask'),
  }),
  error('PassRole is denied', 'permission.iam:PassRole', 'iam:PassRole is denied', {
    account: without('iam:PassRole'),
  }),
  error('CreateCluster is denied, no cluster', 'permission.ecs:CreateCluster', 'is denied', {
    account: without('ecs:CreateCluster'),
  }),
  error('RegisterTaskDefinition is denied', 'permission.ecs:RegisterTaskDefinition', 'is denied', {
    account: without('ecs:Register*'),
  }),
  error('CreateRole is denied, no role', 'permission.iam:CreateRole', 'is denied', {
    account: without('iam:CreateRole'),
  }),
  error(
    'no service-linked role, and none may be made',
    'permission.iam:CreateServiceLinkedRole',
    'is denied',
    {
      account: without('iam:CreateServiceLinkedRole'),
    },
  ),
  warning('DescribeTasks is denied', 'permission.ecs:DescribeTasks', 'is denied', {
    account: without('ecs:DescribeTasks'),
    prepare: everything,
  }),
  warning('ListTasks is denied', 'permission.ecs:ListTasks', 'is denied', {
    account: without('ecs:ListTasks'),
    prepare: everything,
  }),
];

const resources: SeededFault[] = [
  error('the cluster ARN of another region', 'cluster.otherRegion', 'is in eu-west-1', {
    flags: ['--ecs-cluster', 'arn:aws:ecs:eu-west-1:123456789012:cluster/scaler-cluster'],
  }),
  error('the ARN of a deleted cluster', 'cluster.arnMissing', 'no active cluster', {
    flags: ['--ecs-cluster', 'arn:aws:ecs:us-east-1:123456789012:cluster/scaler-cluster'],
    prepare: async (clients) => {
      await makeCluster(clients);
      await clients.ecs.send(new DeleteClusterCommand({ cluster: 'scaler-cluster' }));
    },
  }),
  warning('a definition with another size', 'taskDefinition.drift', 'cpu 2048, settings 4096', {
    prepare: async (clients) => {
      await everything(clients);
      await register(clients, { cpu: '2048', memory: '8192' });
    },
  }),
  warning('a definition with another image', 'taskDefinition.drift', 'image old/image:1', {
    prepare: async (clients) => {
      await everything(clients);
      await register(clients, {
        containerDefinitions: [{ name: 'scaler-container', image: 'old/image:1' }],
      });
    },
  }),
  warning('a definition with another task role', 'taskDefinition.drift', 'task role none', {
    prepare: everything,
    flags: ['--ecs-task-role', 'arn:aws:iam::123456789012:role/work'],
  }),
  error('an execution role that is not there', 'executionRole.missing', '--ecs-execution-role', {
    prepare: everything,
    flags: ['--ecs-execution-role', 'arn:aws:iam::123456789012:role/nowhere'],
  }),
  warning("secrets and AWS's own execution role", 'executionRole.secrets', 'TOKEN', {
    prepare: everything,
    flags: [
      '--ecs-secrets',
      'TOKEN=arn:aws:secretsmanager:us-east-1:123456789012:secret:token-AbCdEf',
    ],
  }),
  error('a limit below the price of one task', 'settings.invalid', 'max-usd-per-hour', {
    prepare: everything,
    flags: ['--max-usd-per-hour', '0.01'],
  }),
  error('a definition of another program', 'taskDefinition.foreign', 'no container named', {
    prepare: async (clients) => {
      await everything(clients);
      await register(clients, { containerDefinitions: [{ name: 'web', image: 'nginx' }] });
    },
  }),
  error('a definition for EC2 instances', 'taskDefinition.notFargate', 'not made for Fargate', {
    prepare: async (clients) => {
      await everything(clients);
      await register(clients, { requiresCompatibilities: ['EC2'] });
    },
  }),
  error('the execution role was deleted', 'executionRole.missing', 'does not exist', {
    prepare: async (clients) => {
      await linkRole(clients);
      await makeCluster(clients);
      await register(clients);
    },
  }),
  error('a role that ECS may not assume', 'executionRole.trust', 'does not trust', {
    prepare: async (clients) => {
      await makeRole(clients, 'ec2.amazonaws.com');
      await attachPolicy(clients);
      await linkRole(clients);
      await makeCluster(clients);
      await register(clients);
    },
  }),
  warning('a role without the policy', 'executionRole.policy', 'is not attached', {
    prepare: async (clients) => {
      await makeRole(clients);
      await linkRole(clients);
      await makeCluster(clients);
      await register(clients);
    },
  }),
  error('the service-linked role was deleted', 'serviceLinkedRole.missing', 'was deleted', {
    prepare: async (clients) => {
      await makeRole(clients);
      await attachPolicy(clients);
      await makeCluster(clients);
      await register(clients);
    },
  }),
  error('an image written as a URL', 'settings.invalid', 'must be a container image', {
    flags: ['--ecs-task-image', 'https://public.ecr.aws/v4u8j8r6/scaler:latest'],
  }),
  error('a private image without execution role', 'image.needsRole', 'no execution role', {
    flags: ['--ecs-task-image', '123456789012.dkr.ecr.us-east-1.amazonaws.com/scaler:1'],
    prepare: async (clients) => {
      await everything(clients);
      const { executionRoleArn: _, ...rest } = definition;
      await register(clients, { ...rest, executionRoleArn: undefined });
    },
  }),
  warning('a private image of another region', 'image.otherRegion', 'is in eu-west-1', {
    flags: ['--ecs-task-image', '123456789012.dkr.ecr.eu-west-1.amazonaws.com/scaler:1'],
  }),
  warning('the image for X86_64 on ARM64', 'image.architecture', 'published for X86_64', {
    flags: ['--ecs-task-architecture', 'ARM64'],
  }),
  warning("a new account's quota", 'quota.belowCap', '6 vCPU; 4 tasks of 4 vCPU need 16', {
    account: { quotas: { 'L-3032A538': 6 } },
  }),
  error('a quota below one task', 'quota.belowOneTask', '2 vCPU; one task takes 4', {
    account: { quotas: { 'L-3032A538': 2 } },
  }),
  warning('a quota of Spot below the cap', 'quota.belowCap', 'Spot quota is 8 vCPU', {
    account: { quotas: { 'L-36FBB829': 8 } },
    flags: ['--capacity-provider', 'FARGATE_SPOT'],
  }),
];

const network: SeededFault[] = [
  error('a subnet that does not exist', 'subnet.missing', 'subnet-2: no such subnet', {
    flags: ['--ecs-subnets', 'subnet-1,subnet-2'],
  }),
  error('subnets of two VPCs', 'subnets.severalVpcs', 'in 2 VPCs', {
    flags: ['--ecs-subnets', 'subnet-1,subnet-2'],
    account: networkOf(
      'igw-1',
      {},
      {
        vpcs: [{}, { id: 'vpc-2', cidr: '10.9.0.0/16' }],
        subnets: [{ id: 'subnet-1' }, { id: 'subnet-2', vpc: 'vpc-2' }],
        routeTables: [
          { main: true, routes: [{ target: 'igw-1' }] },
          { vpc: 'vpc-2', main: true, routes: [{ target: 'igw-2' }] },
        ],
      },
    ),
  }),
  error('a subnet that is not available', 'subnet.state', 'subnet-1 is pending', {
    account: networkOf('igw-1', { state: 'pending' }),
  }),
  error('no free address', 'subnets.noAddresses', 'no free address', {
    account: networkOf('igw-1', { freeAddresses: 0 }),
  }),
  warning('fewer addresses than the cap', 'subnets.fewAddresses', '3 free addresses', {
    account: networkOf('igw-1', { freeAddresses: 3 }),
  }),
  error('no route out', 'subnet.noRoute', 'subnet-1 has no way out', { account: networkOf('') }),
  error('a NAT gateway that is gone', 'subnet.blackhole', 'a gateway that is gone', {
    flags: ['--ecs-assign-public-ip', 'DISABLED'],
    account: networkOf(
      '',
      {},
      {
        routeTables: [{ main: true, routes: [{ target: 'nat-1', state: 'blackhole' }] }],
      },
    ),
  }),
  error(
    'an internet gateway without public addresses',
    'subnet.needsPublicIp',
    'no public address',
    {
      flags: ['--ecs-assign-public-ip', 'DISABLED'],
    },
  ),
  warning('public addresses behind a NAT gateway', 'subnet.publicIpUnused', 'of no use', {
    account: networkOf('nat-1'),
  }),
  error('a security group that does not exist', 'securityGroup.missing', 'sg-9: no such', {
    flags: ['--ecs-security-groups', 'sg-9'],
  }),
  error('a security group of another VPC', 'securityGroup.otherVpc', 'sg-2: not in', {
    flags: ['--ecs-security-groups', 'sg-2'],
    account: networkOf('igw-1', {}, { securityGroups: [{ id: 'sg-2', vpc: 'vpc-2' }] }),
  }),
  error('a default security group without egress', 'securityGroup.noEgress', 'lets anything out', {
    account: networkOf(
      'igw-1',
      {},
      { securityGroups: [{ id: 'sg-1', name: 'default', egress: [] }] },
    ),
  }),
  error('egress without HTTPS', 'securityGroup.egressHttps', 'HTTPS (port 443)', {
    flags: ['--ecs-security-groups', 'sg-1'],
    account: networkOf(
      'igw-1',
      {},
      {
        securityGroups: [{ id: 'sg-1', egress: [{ protocol: 'tcp', from: 8000, to: 9000 }] }],
      },
    ),
  }),
  error('egress without the port of the scheduler', 'securityGroup.egressScheduler', ':8516', {
    flags: ['--ecs-security-groups', 'sg-1'],
    account: networkOf(
      'igw-1',
      {},
      {
        securityGroups: [{ id: 'sg-1', egress: [{ protocol: 'tcp', from: 443, to: 443 }] }],
      },
    ),
  }),
  error(
    'egress to another network than the object storage',
    'securityGroup.egressObjectStorage',
    ':8517',
    {
      flags: ['--ecs-security-groups', 'sg-1'],
      account: networkOf(
        'igw-1',
        {},
        {
          securityGroups: [
            {
              id: 'sg-1',
              egress: [
                { protocol: 'tcp', from: 443, to: 443 },
                { protocol: 'tcp', from: 8516, to: 8516, cidr: '198.51.100.0/24' },
                { protocol: 'tcp', from: 8517, to: 8517, cidr: '10.0.0.0/8' },
              ],
            },
          ],
        },
      ),
    },
  ),
];

const scheduler: SeededFault[] = [
  error('a loopback address for the workers', 'workerAddress.loopback', 'a loopback address', {
    flags: ['--worker-scheduler-address', 'tcp://127.0.0.1:8516'],
  }),
  error('0.0.0.0 for the workers', 'workerAddress.unspecified', 'an address to listen on', {
    flags: ['--worker-scheduler-address', 'tcp://0.0.0.0:8516'],
  }),
  error('an ipc address for the workers', 'workerAddress.local', 'a socket of one machine', {
    flags: ['--worker-scheduler-address', 'ipc:///tmp/s'],
  }),
  warning('a private address outside the VPC', 'workerAddress.private', 'outside the VPC', {
    flags: ['--worker-scheduler-address', 'tcp://192.168.1.5:8516'],
  }),
  error('a loopback object storage', 'objectStorageAddress.loopback', 'a loopback address', {
    flags: ['--object-storage-address', 'tcp://127.0.0.1:8517'],
  }),
  error(
    'the scheduler as object storage',
    'objectStorageAddress.isScheduler',
    "the scheduler's own",
    {
      flags: ['--object-storage-address', 'tcp://198.51.100.7:8516'],
    },
  ),
  error('no scheduler', 'scheduler.unreachable', 'no scheduler at', {
    answers: { '10.255.0.1:8516': 'refused' },
  }),
  error('another program at the address', 'scheduler.otherProtocol', 'no Scaler scheduler at', {
    answers: { '10.255.0.1:8516': 'unknown' },
  }),
  error('a scheduler that hangs', 'scheduler.silent', 'sends nothing', {
    answers: { '10.255.0.1:8516': 'silent' },
  }),
  error('the wrong transport', 'scheduler.transport', '--network-backend is zmq', {
    flags: ['--network-backend', 'zmq'],
  }),
  warning('a closed port for the workers', 'workerAddress.refused', 'from here', {
    answers: { '198.51.100.7:8516': 'refused' },
  }),
  error('a wrong port for the workers', 'workerAddress.otherService', 'another program answers', {
    answers: { '198.51.100.7:8516': 'unknown' },
  }),
  warning('no monitor stream', 'monitor.refused', 'no monitor stream at', {
    answers: { '10.255.0.1:8518': 'refused' },
  }),
  warning('no object storage', 'objectStorage.refused', 'no object storage at', {
    answers: { '198.51.100.7:8517': 'refused' },
  }),
  error(
    'workers of 2.6.0 for a scheduler of 2.7',
    'workerRelease.mismatch',
    'Scaler 2.6.0 cannot',
    {
      flags: ['--worker-scaler-version', '2.6.0'],
    },
  ),
  error('workers of 2.9.0 for an old scheduler', 'workerRelease.mismatch', 'Scaler 2.9.0 cannot', {
    flags: ['--worker-scaler-version', '2.9.0'],
    answers: { '*': 'ymq1' },
  }),
  warning('a release that was never published', 'workerRelease.unknown', 'Scaler 2.9.7', {
    flags: ['--worker-scaler-version', '2.9.7'],
  }),
  error('two releases', 'workerRelease.conflict', 'install Scaler 2.8.0', {
    flags: [
      ...['--worker-scaler-version', '2.9.0', '--ecs-task-image', 'my/image:1'],
      ...['--ecs-python-requirements', 'opengris-scaler==2.8.0'],
    ],
  }),
];

export const seededFaults: SeededFault[] = [
  ...settings,
  ...account,
  ...permissions,
  ...resources,
  ...network,
  ...scheduler,
];
