import type { Route, RouteTable, Subnet } from '@aws-sdk/client-ec2';
import { type AwsFacts, found, reasonOf } from './awsFacts.ts';
import { error, type Finding, listed, ok, unchecked, warning } from './finding.ts';
import type { PreflightSettings } from './settings.ts';

const noTaskStarts = 'every launch in it fails';

/** Subnets: whether they exist, in one VPC, with addresses for the cap and a way out. Pure. */
export function checkNetwork(
  settings: PreflightSettings,
  { network }: Pick<AwsFacts, 'network'>,
): Finding[] {
  if (!network.subnets.ok)
    return [
      unchecked(
        'subnets.unchecked',
        `the subnets ${listed(settings.subnets)} were not looked at: ${reasonOf(network.subnets)}`,
        'a wrong subnet is then found only by the first launch',
        'allow ec2:DescribeSubnets; see scaler-ecs policy',
      ),
    ];
  const subnets = network.subnets.value;
  const faults = [
    ...missingSubnets(settings, subnets, network.subnetsElsewhere),
    ...severalVpcs(subnets),
    ...subnets.flatMap(subnetState),
    ...freeAddresses(settings, subnets),
    ...subnets.flatMap((subnet) => wayOut(settings, subnet, network.routeTables)),
  ];
  if (faults.some(({ severity }) => severity === 'error' || severity === 'warning')) return faults;
  const vpc = subnets[0]?.VpcId;
  return [
    ...faults,
    ok(
      'subnets.usable',
      `subnets in ${vpc}, with free addresses and a way out: ${listed(settings.subnets)}`,
    ),
  ];
}

function missingSubnets(
  { subnets, region, otherRegion }: PreflightSettings,
  existing: Subnet[],
  elsewhere: string[],
): Finding[] {
  const missing = subnets.filter((id) => !existing.some(({ SubnetId }) => SubnetId === id));
  const moved = missing.filter((id) => elsewhere.includes(id));
  if (moved.length > 0)
    return [
      error(
        'region.subnets',
        `${listed(moved)}: not in ${region}, but in ${otherRegion}, the region of your environment`,
        'a Fargate task and its subnet must be in one region; AWS_REGION is not read, as in Scaler',
        `set --aws-region ${otherRegion}`,
      ),
    ];
  if (missing.length === 0) return [];
  return [
    error(
      'subnet.missing',
      `${listed(missing)}: no such subnet in ${region} in this account`,
      'every launch in a subnet that does not exist fails',
      `set --ecs-subnets to subnets of: aws ec2 describe-subnets --region ${region} --query 'Subnets[].SubnetId' --output text`,
    ),
  ];
}

function severalVpcs(subnets: Subnet[]): Finding[] {
  const vpcs = [...new Set(subnets.flatMap(({ VpcId }) => VpcId ?? []))];
  if (vpcs.length <= 1) return [];
  return [
    error(
      'subnets.severalVpcs',
      `the subnets are in ${vpcs.length} VPCs: ${listed(vpcs)}`,
      'ECS refuses a launch whose subnets are not all in one VPC',
      'set --ecs-subnets to subnets of one VPC',
    ),
  ];
}

function subnetState({ SubnetId, State }: Subnet): Finding[] {
  if (State === 'available' || State === undefined) return [];
  return [
    error(
      'subnet.state',
      `${SubnetId} is ${State}`,
      noTaskStarts,
      'wait until the subnet is available, or leave it out of --ecs-subnets',
    ),
  ];
}

function freeAddresses({ maxTasks }: PreflightSettings, subnets: Subnet[]): Finding[] {
  const free = subnets.reduce(
    (sum, { AvailableIpAddressCount = 0 }) => sum + AvailableIpAddressCount,
    0,
  );
  const empty = subnets.filter(({ AvailableIpAddressCount }) => AvailableIpAddressCount === 0);
  if (subnets.length > 0 && free === 0)
    return [
      error(
        'subnets.noAddresses',
        'the subnets have no free address',
        'each Fargate task takes one address, so none can start',
        'add a subnet to --ecs-subnets, or free addresses',
      ),
    ];
  const names = listed(empty.flatMap(({ SubnetId }) => SubnetId ?? []));
  return [
    ...(maxTasks !== null && free < maxTasks && subnets.length > 0
      ? [
          warning(
            'subnets.fewAddresses',
            `the subnets have ${free} free addresses; the cap is ${maxTasks} Fargate tasks`,
            'each Fargate task takes one address; launches beyond that fail and are tried again',
            'add subnets to --ecs-subnets, or lower --max-task-concurrency',
          ),
        ]
      : []),
    ...(empty.length > 0
      ? [
          warning(
            'subnet.noAddresses',
            `${names}: no free address`,
            'launches that ECS places there fail',
            'leave it out of --ecs-subnets',
          ),
        ]
      : []),
  ];
}

/** The route table of a subnet: its own, else the main one of its VPC. */
function tableOf({ SubnetId, VpcId }: Subnet, tables: RouteTable[]): RouteTable | undefined {
  const own = tables.find(({ Associations = [] }) =>
    Associations.some((each) => each.SubnetId === SubnetId),
  );
  return (
    own ??
    tables.find(
      (table) => table.VpcId === VpcId && table.Associations?.some(({ Main }) => Main === true),
    )
  );
}

const isDefault = ({ DestinationCidrBlock }: Route) => DestinationCidrBlock === '0.0.0.0/0';

function wayOut(
  { assignPublicIp }: PreflightSettings,
  subnet: Subnet,
  tables: AwsFacts['network']['routeTables'],
): Finding[] {
  const id = subnet.SubnetId ?? '';
  const known = found(tables);
  if (!known)
    return [
      unchecked(
        'subnet.routesUnchecked',
        `the routes of ${id} were not looked at: ${reasonOf(tables)}`,
        'without a way out a task cannot pull its image, and stays in PROVISIONING',
        'allow ec2:DescribeRouteTables; see scaler-ecs policy',
      ),
    ];
  const table = tableOf(subnet, known);
  const route = table?.Routes?.find(isDefault);
  if (!route)
    return [
      error(
        'subnet.noRoute',
        `${id} has no way out: ${table?.RouteTableId ?? 'its route table'} has no route 0.0.0.0/0`,
        'a task cannot pull its image nor install Python packages, and stays in PROVISIONING',
        `add a route to an internet gateway or a NAT gateway to ${table?.RouteTableId ?? 'the route table'}, or use another subnet`,
      ),
    ];
  if (route.State === 'blackhole')
    return [
      error(
        'subnet.blackhole',
        `${id} has no way out: the route 0.0.0.0/0 leads to a gateway that is gone`,
        'a task cannot pull its image, and stays in PROVISIONING',
        `replace the route 0.0.0.0/0 of ${table?.RouteTableId}`,
      ),
    ];
  const isPublic = route.GatewayId?.startsWith('igw-') ?? false;
  if (isPublic && assignPublicIp === 'DISABLED')
    return [
      error(
        'subnet.needsPublicIp',
        `${id} leads to an internet gateway, and the tasks get no public address`,
        'an internet gateway forwards only public addresses: a task cannot pull its image',
        'set --ecs-assign-public-ip ENABLED, or use a subnet with a NAT gateway',
      ),
    ];
  if (!isPublic && assignPublicIp === 'ENABLED')
    return [
      warning(
        'subnet.publicIpUnused',
        `${id} leads to ${route.NatGatewayId ?? route.TransitGatewayId ?? 'a gateway'}, so a public address is of no use`,
        'each task pays for a public address ($0.005 an hour) that nothing can be routed to',
        'set --ecs-assign-public-ip DISABLED',
      ),
    ];
  return [];
}
