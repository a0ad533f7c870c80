import { AwsError } from './awsError.ts';
import { accountId, type Region } from './model.ts';
import {
  groupNamed,
  type Network,
  type Route,
  type RouteTable,
  type SecurityGroup,
  type Subnet,
  subnetNamed,
  type Vpc,
} from './network.ts';
import { type Xml, xmlDocument } from './xml.ts';

type Query = URLSearchParams;

/** The values of `Name.1`, `Name.2` and so on. */
function valuesOf(query: Query, name: string): string[] {
  const values: string[] = [];
  for (let n = 1; query.has(`${name}.${n}`); n++) values.push(query.get(`${name}.${n}`) ?? '');
  return values;
}

/** The values of one filter; none if the request does not have it. */
function filterValues(query: Query, name: string): string[] {
  for (let n = 1; query.has(`Filter.${n}.Name`); n++)
    if (query.get(`Filter.${n}.Name`) === name) return valuesOf(query, `Filter.${n}.Value`);
  return [];
}

/** What each filter of a resource compares. */
type Filters<Item> = Record<string, (item: Item) => string[]>;

/** The items that meet every filter of the request. Throws InvalidParameterValue for an unknown filter. */
function filtered<Item>(query: Query, items: Item[], filters: Filters<Item>): Item[] {
  let left = items;
  for (let n = 1; query.has(`Filter.${n}.Name`); n++) {
    const name = query.get(`Filter.${n}.Name`) ?? '';
    const compared = Object.hasOwn(filters, name) ? filters[name] : undefined;
    if (!compared) throw new AwsError('InvalidParameterValue', `The filter '${name}' is invalid`);
    const wanted = valuesOf(query, `Filter.${n}.Value`);
    left = left.filter((item) => compared(item).some((value) => wanted.includes(value)));
  }
  return left;
}

const arnOf = (region: Region, rest: string): string =>
  `arn:aws:ec2:${region.name}:${accountId}:${rest}`;

const isDefault = ({ vpcs }: Network, id: string): boolean =>
  vpcs.some((vpc) => vpc.id === id && vpc.isDefault);

function subnetView(region: Region, subnet: Subnet): Xml {
  const inDefault = String(isDefault(region.network, subnet.vpc));
  return {
    subnetId: subnet.id,
    subnetArn: arnOf(region, `subnet/${subnet.id}`),
    state: subnet.state,
    vpcId: subnet.vpc,
    cidrBlock: subnet.cidr,
    availableIpAddressCount: String(subnet.freeAddresses),
    availabilityZone: subnet.zone,
    defaultForAz: inDefault,
    mapPublicIpOnLaunch: inDefault,
    ownerId: accountId,
  };
}

function describeSubnets(region: Region, query: Query): Xml {
  const { network } = region;
  const ids = valuesOf(query, 'SubnetId');
  if (network.open)
    for (const id of filterValues(query, 'subnet-id')) subnetNamed(network, region.name, id);
  const named = ids.map((id) => subnetNamed(network, region.name, id));
  const subnets = filtered(query, ids.length > 0 ? named : network.subnets, {
    'vpc-id': ({ vpc }) => [vpc],
    'subnet-id': ({ id }) => [id],
    'availability-zone': ({ zone }) => [zone],
    'default-for-az': ({ vpc }) => [String(isDefault(network, vpc))],
    state: ({ state }) => [state],
  });
  return { subnetSet: { item: subnets.map((subnet) => subnetView(region, subnet)) } };
}

function vpcView({ id, cidr, isDefault: byAws }: Vpc): Xml {
  return {
    vpcId: id,
    ownerId: accountId,
    state: 'available',
    cidrBlock: cidr,
    cidrBlockAssociationSet: {
      item: [
        {
          cidrBlock: cidr,
          associationId: `vpc-cidr-assoc-${id.slice(4)}`,
          cidrBlockState: { state: 'associated' },
        },
      ],
    },
    instanceTenancy: 'default',
    isDefault: String(byAws),
  };
}

function describeVpcs({ network }: Region, query: Query): Xml {
  const ids = valuesOf(query, 'VpcId');
  for (const id of ids)
    if (!network.vpcs.some((vpc) => vpc.id === id))
      throw new AwsError('InvalidVpcID.NotFound', `The vpc ID '${id}' does not exist`);
  const named = network.vpcs.filter(({ id }) => ids.length === 0 || ids.includes(id));
  const vpcs = filtered(query, named, {
    'vpc-id': ({ id }) => [id],
    'is-default': (vpc) => [String(vpc.isDefault)],
  });
  return { vpcSet: { item: vpcs.map(vpcView) } };
}

/** The member in which EC2 names a route's target, by the prefix of its id. */
const targetMembers: Record<string, string> = {
  nat: 'natGatewayId',
  tgw: 'transitGatewayId',
  eni: 'networkInterfaceId',
  pcx: 'vpcPeeringConnectionId',
};

function routeView({ destination, target, state }: Route): Xml {
  return {
    destinationCidrBlock: destination,
    [targetMembers[target.split('-')[0] ?? ''] ?? 'gatewayId']: target,
    state,
    origin: target === 'local' ? 'CreateRouteTable' : 'CreateRoute',
  };
}

function tableView(table: RouteTable): Xml {
  const association = (more: Xml, n: number): Xml => ({
    routeTableAssociationId: `rtbassoc-${n}${table.id.slice(4)}`,
    routeTableId: table.id,
    ...more,
    associationState: { state: 'associated' },
  });
  const associations = [
    ...(table.main ? [{ main: 'true' }] : []),
    ...table.subnets.map((subnetId) => ({ subnetId, main: 'false' })),
  ];
  return {
    routeTableId: table.id,
    vpcId: table.vpc,
    ownerId: accountId,
    routeSet: { item: table.routes.map(routeView) },
    associationSet: { item: associations.map(association) },
  };
}

function describeRouteTables({ network }: Region, query: Query): Xml {
  const tables = filtered(query, network.routeTables, {
    'vpc-id': ({ vpc }) => [vpc],
    'route-table-id': ({ id }) => [id],
    'association.main': ({ main }) => [String(main)],
    'association.subnet-id': ({ subnets }) => subnets,
  });
  return { routeTableSet: { item: tables.map(tableView) } };
}

function groupView(region: Region, group: SecurityGroup): Xml {
  return {
    ownerId: accountId,
    groupId: group.id,
    groupName: group.name,
    groupDescription: group.name,
    vpcId: group.vpc,
    securityGroupArn: arnOf(region, `security-group/${group.id}`),
    ipPermissions: { item: [] },
    ipPermissionsEgress: {
      item: group.egress.map(({ protocol, from, to, cidr }) => ({
        ipProtocol: protocol,
        ...(from === null ? {} : { fromPort: String(from) }),
        ...(to === null ? {} : { toPort: String(to) }),
        ipRanges: { item: [{ cidrIp: cidr }] },
      })),
    },
  };
}

function describeSecurityGroups(region: Region, query: Query): Xml {
  const { network } = region;
  const ids = valuesOf(query, 'GroupId');
  if (network.open) for (const id of filterValues(query, 'group-id')) groupNamed(network, id);
  const named = ids.map((id) => groupNamed(network, id));
  const groups = filtered(query, ids.length > 0 ? named : network.securityGroups, {
    'vpc-id': ({ vpc }) => [vpc],
    'group-id': ({ id }) => [id],
    'group-name': ({ name }) => [name],
  });
  return { securityGroupInfo: { item: groups.map((group) => groupView(region, group)) } };
}

/** Handlers by Action. They return the members of the answer. */
export const ec2Actions: Record<string, (region: Region, query: Query) => Xml> = {
  DescribeSubnets: describeSubnets,
  DescribeVpcs: describeVpcs,
  DescribeRouteTables: describeRouteTables,
  DescribeSecurityGroups: describeSecurityGroups,
};

/** Throws DryRunOperation if the request asks for a dry run, as EC2 does when the caller has the permission. */
export function checkDryRun(query: Query): void {
  if (query.get('DryRun') === 'true')
    throw new AwsError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', {
      status: 412,
    });
}

/** The body of a successful answer. */
export const ec2AnswerXml = (action: string, members: Xml | null, requestId: string): string =>
  xmlDocument(`${action}Response`, 'http://ec2.amazonaws.com/doc/2016-11-15/', {
    requestId,
    ...members,
  });

/** Error codes that EC2 spells differently from ECS, with their status. */
const ec2Errors: Record<string, { code: string; status: number }> = {
  AccessDeniedException: { code: 'UnauthorizedOperation', status: 403 },
  ThrottlingException: { code: 'RequestLimitExceeded', status: 503 },
  ExpiredTokenException: { code: 'RequestExpired', status: 400 },
  ServerException: { code: 'InternalError', status: 500 },
  UnrecognizedClientException: { code: 'AuthFailure', status: 401 },
};

/** HTTP status of an error answer. */
export const ec2Status = ({ code, status }: AwsError): number => ec2Errors[code]?.status ?? status;

/** The body of an error answer. It has no namespace, so the document is written here. */
export function ec2ErrorXml({ code, message }: AwsError, requestId: string): string {
  const told = xmlDocument('Response', '', {
    Errors: { Error: { Code: ec2Errors[code]?.code ?? code, Message: message } },
    RequestID: requestId,
  });
  return told.replace(' xmlns=""', '');
}
