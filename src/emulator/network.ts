import { AwsError } from './awsError.ts';
import { integer, type Members, objects, text, texts } from './members.ts';

/** The VPCs of one Region, as plain data. */
export interface Network {
  /** Every well-formed subnet and security group id exists, in the default VPC. False once a network has been set. */
  open: boolean;
  vpcs: Vpc[];
  subnets: Subnet[];
  routeTables: RouteTable[];
  securityGroups: SecurityGroup[];
}

export interface Vpc {
  id: string;
  cidr: string;
  isDefault: boolean;
}

export interface Subnet {
  id: string;
  vpc: string;
  zone: string;
  cidr: string;
  freeAddresses: number;
  state: string;
}

export interface Route {
  destination: string;
  /** `local`, or the id of a gateway: `igw-`, `nat-`, `tgw-` and so on. */
  target: string;
  state: string;
}

export interface RouteTable {
  id: string;
  vpc: string;
  /** The table of every subnet of the VPC that no other table names. */
  main: boolean;
  subnets: string[];
  routes: Route[];
}

export interface EgressRule {
  /** `tcp`, `udp`, or `-1` for every protocol. */
  protocol: string;
  /** Null for every port. */
  from: number | null;
  to: number | null;
  cidr: string;
}

export interface SecurityGroup {
  id: string;
  vpc: string;
  name: string;
  egress: EgressRule[];
}

const openEgress: EgressRule[] = [{ protocol: '-1', from: null, to: null, cidr: '0.0.0.0/0' }];

const defaultVpc = 'vpc-0a1b2c3d4e5f60001';

/** The default VPC of a new account: three public subnets, an internet gateway, a security group with open egress. */
export function defaultNetwork(region: string): Network {
  return {
    open: true,
    vpcs: [{ id: defaultVpc, cidr: '172.31.0.0/16', isDefault: true }],
    subnets: ['a', 'b', 'c'].map((letter, index) =>
      subnetOf({ id: `subnet-0a1b2c3d4e5f6000${index + 1}` }, region, {
        zone: `${region}${letter}`,
        cidr: `172.31.${index * 16}.0/20`,
      }),
    ),
    routeTables: [
      {
        id: 'rtb-0a1b2c3d4e5f60001',
        vpc: defaultVpc,
        main: true,
        subnets: [],
        routes: [
          { destination: '172.31.0.0/16', target: 'local', state: 'active' },
          { destination: '0.0.0.0/0', target: 'igw-0a1b2c3d4e5f60001', state: 'active' },
        ],
      },
    ],
    securityGroups: [
      { id: 'sg-0a1b2c3d4e5f60001', vpc: defaultVpc, name: 'default', egress: openEgress },
    ],
  };
}

function subnetOf(given: Members, region: string, defaults: Partial<Subnet> = {}): Subnet {
  return {
    id: text(given, 'id') ?? '',
    vpc: text(given, 'vpc') ?? defaultVpc,
    zone: text(given, 'zone') ?? defaults.zone ?? `${region}a`,
    cidr: text(given, 'cidr') ?? defaults.cidr ?? '172.31.48.0/20',
    freeAddresses: integer(given, 'freeAddresses') ?? 4091,
    state: text(given, 'state') ?? 'available',
  };
}

function groupOf(given: Members): SecurityGroup {
  const egress = objects(given, 'egress')?.map((rule) => ({
    protocol: text(rule, 'protocol') ?? '-1',
    from: integer(rule, 'from') ?? null,
    to: integer(rule, 'to') ?? null,
    cidr: text(rule, 'cidr') ?? '0.0.0.0/0',
  }));
  return {
    id: text(given, 'id') ?? '',
    vpc: text(given, 'vpc') ?? defaultVpc,
    name: text(given, 'name') ?? 'workers',
    egress: egress ?? openEgress,
  };
}

/** Reads a network from the body of the admin API; what it leaves out is as in the default VPC. */
export function readNetwork(body: Members, region: string): Network {
  const usual = defaultNetwork(region);
  const vpcs = objects(body, 'vpcs')?.map((vpc) => ({
    id: text(vpc, 'id') ?? defaultVpc,
    cidr: text(vpc, 'cidr') ?? '172.31.0.0/16',
    isDefault: (text(vpc, 'id') ?? defaultVpc) === defaultVpc,
  }));
  const tables = objects(body, 'routeTables')?.map((table, index) => ({
    id: text(table, 'id') ?? `rtb-0a1b2c3d4e5f6000${index + 1}`,
    vpc: text(table, 'vpc') ?? defaultVpc,
    main: table.main === true,
    subnets: texts(table, 'subnets') ?? [],
    routes: (objects(table, 'routes') ?? []).map((route) => ({
      destination: text(route, 'destination') ?? '0.0.0.0/0',
      target: text(route, 'target') ?? 'local',
      state: text(route, 'state') ?? 'active',
    })),
  }));
  return {
    open: false,
    vpcs: vpcs ?? usual.vpcs,
    subnets: objects(body, 'subnets')?.map((one) => subnetOf(one, region)) ?? usual.subnets,
    routeTables: tables ?? usual.routeTables,
    securityGroups: objects(body, 'securityGroups')?.map(groupOf) ?? usual.securityGroups,
  };
}

/** Finds a subnet. An open network adds every well-formed id to its default VPC. Throws InvalidSubnetID.NotFound. */
export function subnetNamed(network: Network, region: string, id: string): Subnet {
  const known = network.subnets.find((subnet) => subnet.id === id);
  if (known) return known;
  if (!network.open || !id.startsWith('subnet-'))
    throw new AwsError('InvalidSubnetID.NotFound', `The subnet ID '${id}' does not exist`);
  const added = subnetOf({ id }, region);
  network.subnets.push(added);
  return added;
}

/** Finds a security group; see `subnetNamed`. Throws InvalidGroup.NotFound. */
export function groupNamed(network: Network, id: string): SecurityGroup {
  const known = network.securityGroups.find((group) => group.id === id);
  if (known) return known;
  if (!network.open || !id.startsWith('sg-'))
    throw new AwsError('InvalidGroup.NotFound', `The security group '${id}' does not exist`);
  const added = groupOf({ id, name: id });
  network.securityGroups.push(added);
  return added;
}
