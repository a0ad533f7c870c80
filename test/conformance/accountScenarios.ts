import { ec2Step, ecsStep, failsWith, iamStep, type Scenario } from './steps.ts';

/** What doctor reads of an account: network, quotas and permissions. */
export const accountScenarios: Scenario[] = [
  {
    name: 'the default VPC has subnets, a route out and a security group',
    steps: [
      ec2Step(
        'DescribeSubnets',
        {
          Filters: [
            { Name: 'default-for-az', Values: ['true'] },
            { Name: 'availability-zone', Values: ['us-east-1a'] },
          ],
        },
        {
          answer: {
            Subnets: [
              {
                SubnetId: '/^subnet-/',
                VpcId: '/^vpc-/',
                State: 'available',
                CidrBlock: '172.31.0.0/20',
                AvailableIpAddressCount: 4091,
                AvailabilityZone: 'us-east-1a',
                DefaultForAz: true,
              },
            ],
          },
          save: { vpc: 'Subnets.0.VpcId' },
        },
      ),
      ec2Step(
        'DescribeVpcs',
        { VpcIds: ['$vpc'] },
        { answer: { Vpcs: [{ VpcId: '$vpc', CidrBlock: '172.31.0.0/16', IsDefault: true }] } },
      ),
      ec2Step(
        'DescribeSecurityGroups',
        {
          Filters: [
            { Name: 'vpc-id', Values: ['$vpc'] },
            { Name: 'group-name', Values: ['default'] },
          ],
        },
        {
          answer: {
            SecurityGroups: [
              {
                GroupId: '/^sg-/',
                VpcId: '$vpc',
                IpPermissionsEgress: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
              },
            ],
          },
        },
      ),
      ec2Step(
        'DescribeSubnets',
        { SubnetIds: ['net-1'] },
        failsWith('InvalidSubnetID.NotFound', "/The subnet ID 'net-1' does not exist/"),
      ),
    ],
  },
  {
    name: 'a route table names its associations and the targets of its routes',
    notMoto: 'moto gives a default VPC no internet gateway',
    steps: [
      ec2Step(
        'DescribeRouteTables',
        {},
        {
          answer: {
            RouteTables: [
              {
                Associations: [{ Main: true }],
                Routes: [
                  { DestinationCidrBlock: '172.31.0.0/16', GatewayId: 'local', State: 'active' },
                  { DestinationCidrBlock: '0.0.0.0/0', GatewayId: '/^igw-/', State: 'active' },
                ],
              },
            ],
          },
        },
      ),
    ],
  },
  {
    name: 'a service quota has its value, and an unknown one is refused',
    notMoto: 'moto has no quotas of Fargate',
    steps: [
      {
        ...ecsStep(
          'GetServiceQuota',
          { ServiceCode: 'fargate', QuotaCode: 'L-3032A538' },
          { answer: { Quota: { QuotaCode: 'L-3032A538', Value: 1000, Adjustable: true } } },
        ),
        service: 'service-quotas',
      },
      {
        ...ecsStep(
          'GetServiceQuota',
          { ServiceCode: 'fargate', QuotaCode: 'L-00000000' },
          failsWith('NoSuchResourceException', '/does not exist/'),
        ),
        service: 'service-quotas',
      },
    ],
  },
  {
    name: 'the policy simulator decides each action',
    notMoto: 'moto does not evaluate policies',
    steps: [
      iamStep(
        'SimulatePrincipalPolicy',
        {
          PolicySourceArn: 'arn:aws:iam::123456789012:user/emulated',
          ActionNames: ['ecs:RunTask', 'iam:PassRole'],
          ResourceArns: ['*'],
        },
        {
          answer: {
            EvaluationResults: [
              { EvalActionName: 'ecs:RunTask', EvalDecision: 'allowed' },
              { EvalActionName: 'iam:PassRole', EvalDecision: 'allowed' },
            ],
          },
        },
      ),
    ],
  },
];
