import {
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { describe, expect, it, onTestFinished } from 'vitest';
import { accessKey, startTestEmulator } from './testEmulator.ts';

const start = async (setup: object | null = null) => {
  const started = await startTestEmulator({ hollow: true });
  if (setup) started.emulator.setAccount(setup);
  const ec2 = new EC2Client({
    endpoint: started.emulator.url,
    region: 'us-east-1',
    credentials: { accessKeyId: accessKey, secretAccessKey: 'secret' },
    maxAttempts: 1,
  });
  onTestFinished(() => ec2.destroy());
  return { ...started, ec2 };
};

const vpc = 'vpc-0a1b2c3d4e5f60001';

describe('EC2 of a new account', () => {
  it('has a default VPC with three public subnets, one route table and one security group', async () => {
    const { ec2 } = await start();
    const { Subnets } = await ec2.send(
      new DescribeSubnetsCommand({ Filters: [{ Name: 'default-for-az', Values: ['true'] }] }),
    );
    expect(Subnets?.map(({ AvailabilityZone }) => AvailabilityZone)).toEqual([
      'us-east-1a',
      'us-east-1b',
      'us-east-1c',
    ]);
    expect(Subnets?.[0]).toMatchObject({
      VpcId: vpc,
      CidrBlock: '172.31.0.0/20',
      AvailableIpAddressCount: 4091,
      State: 'available',
      DefaultForAz: true,
    });
    const { Vpcs } = await ec2.send(new DescribeVpcsCommand({ VpcIds: [vpc] }));
    expect(Vpcs).toMatchObject([{ VpcId: vpc, CidrBlock: '172.31.0.0/16', IsDefault: true }]);
    const { RouteTables } = await ec2.send(
      new DescribeRouteTablesCommand({ Filters: [{ Name: 'vpc-id', Values: [vpc] }] }),
    );
    expect(RouteTables).toMatchObject([
      {
        Associations: [{ Main: true }],
        Routes: [
          { DestinationCidrBlock: '172.31.0.0/16', GatewayId: 'local', State: 'active' },
          { DestinationCidrBlock: '0.0.0.0/0', GatewayId: expect.stringMatching(/^igw-/) },
        ],
      },
    ]);
    const { SecurityGroups } = await ec2.send(
      new DescribeSecurityGroupsCommand({
        Filters: [
          { Name: 'vpc-id', Values: [vpc] },
          { Name: 'group-name', Values: ['default'] },
        ],
      }),
    );
    expect(SecurityGroups).toMatchObject([
      { GroupName: 'default', IpPermissionsEgress: [{ IpProtocol: '-1' }] },
    ]);
  });

  it('finds every well-formed subnet and group, as RunTask does', async () => {
    const { ec2 } = await start();
    const { Subnets } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: ['subnet-1'] }));
    expect(Subnets).toMatchObject([{ SubnetId: 'subnet-1', VpcId: vpc }]);
    await expect(
      ec2.send(new DescribeSubnetsCommand({ SubnetIds: ['net-1'] })),
    ).rejects.toMatchObject({ name: 'InvalidSubnetID.NotFound' });
  });
});

describe('a network that has been set', () => {
  const network = {
    vpcs: [{ id: vpc }, { id: 'vpc-2', cidr: '10.9.0.0/16' }],
    subnets: [
      { id: 'subnet-1', freeAddresses: 3 },
      { id: 'subnet-2', vpc: 'vpc-2' },
    ],
    routeTables: [
      { vpc, main: true, routes: [{ target: 'nat-1', state: 'blackhole' }] },
      { vpc, subnets: ['subnet-1'], routes: [] },
    ],
    securityGroups: [
      { id: 'sg-1', egress: [{ protocol: 'tcp', from: 443, to: 443, cidr: '10.0.0.0/8' }] },
    ],
  };

  it('is described as it was set, with names of EC2 for the targets of routes', async () => {
    const { ec2 } = await start({ network });
    const { RouteTables } = await ec2.send(new DescribeRouteTablesCommand({}));
    expect(RouteTables).toMatchObject([
      { Routes: [{ NatGatewayId: 'nat-1', State: 'blackhole' }] },
      { Associations: [{ SubnetId: 'subnet-1', Main: false }] },
    ]);
    const { SecurityGroups } = await ec2.send(
      new DescribeSecurityGroupsCommand({ GroupIds: ['sg-1'] }),
    );
    expect(SecurityGroups?.[0]?.IpPermissionsEgress).toMatchObject([
      { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '10.0.0.0/8' }] },
    ]);
  });

  it.each([
    ['an unknown subnet', ['subnet-9'], [], /\(ErrorCode: InvalidSubnetID\.NotFound\)/],
    ['subnets of two VPCs', ['subnet-1', 'subnet-2'], [], /not all in the same VPC/],
    ['an unknown group', ['subnet-1'], ['sg-9'], /\(ErrorCode: InvalidGroup\.NotFound\)/],
    ['a group of another VPC', ['subnet-2'], ['sg-1'], /same VPC as the input subnets/],
  ])('lets RunTask refuse %s', async (_, subnets, securityGroups, message) => {
    const { run } = await start({ network });
    await expect(
      run('true', { networkConfiguration: { awsvpcConfiguration: { subnets, securityGroups } } }),
    ).rejects.toMatchObject({ name: 'InvalidParameterException', message });
  });

  it('is refused with the name of the member that has another type', async () => {
    const { admin } = await startTestEmulator({ hollow: true });
    expect(await admin('PUT', 'account', { network: { subnets: 'all' } })).toMatchObject({
      status: 400,
      body: { message: 'subnets is not a list' },
    });
    expect(await admin('PUT', 'account', { networks: {} })).toMatchObject({ status: 400 });
  });
});

describe('a request of EC2', () => {
  it('is refused by an unknown filter and without permission, and a dry run says that it would succeed', async () => {
    const { ec2, emulator } = await start();
    const subnets = (more: object) => ec2.send(new DescribeSubnetsCommand(more));
    await expect(subnets({ Filters: [{ Name: 'colour', Values: ['red'] }] })).rejects.toMatchObject(
      { name: 'InvalidParameterValue' },
    );
    await expect(subnets({ DryRun: true })).rejects.toMatchObject({ name: 'DryRunOperation' });
    emulator.setAccount({
      policies: { Statement: { Effect: 'Allow', Action: 'ecs:*', Resource: '*' } },
    });
    await expect(subnets({ DryRun: true })).rejects.toMatchObject({
      name: 'UnauthorizedOperation',
      $metadata: { httpStatusCode: 403 },
    });
  });
});
