import type { IpPermission, SecurityGroup } from '@aws-sdk/client-ec2';
import type { Address } from '../../shared/address.ts';
import { isInRange, reachOf } from '../../shared/addressReach.ts';
import { type AwsFacts, found, reasonOf } from './awsFacts.ts';
import { error, type Finding, listed, ok, unchecked } from './finding.ts';
import type { PreflightSettings } from './settings.ts';

/** Security groups: whether they exist, belong to the VPC, and let the workers out. Pure. */
export function checkSecurityGroups(
  settings: PreflightSettings,
  { network }: Pick<AwsFacts, 'network'>,
): Finding[] {
  const { securityGroups: wanted } = settings;
  const groups = found(network.securityGroups);
  if (!groups)
    return [
      unchecked(
        'securityGroups.unchecked',
        `the security groups were not looked at: ${reasonOf(network.securityGroups)}`,
        'a group that lets nothing out keeps the workers from the scheduler',
        'allow ec2:DescribeSecurityGroups; see scaler-ecs policy',
      ),
    ];
  const missing = wanted.filter((id) => !groups.some(({ GroupId }) => GroupId === id));
  if (missing.length > 0)
    return [
      error(
        'securityGroup.missing',
        `${listed(missing)}: no such security group in ${settings.region}`,
        'every launch with it fails',
        'set --ecs-security-groups to groups of the VPC, or leave it out for the default group',
      ),
    ];
  const vpc = found(network.subnets)?.[0]?.VpcId;
  const foreign = groups.filter(({ VpcId }) => vpc !== undefined && VpcId !== vpc);
  if (foreign.length > 0 && wanted.length > 0)
    return [
      error(
        'securityGroup.otherVpc',
        `${namesOf(foreign)}: not in ${vpc}, the VPC of the subnets`,
        'ECS refuses every launch with a security group of another VPC',
        `set --ecs-security-groups to groups of ${vpc}`,
      ),
    ];
  if (groups.length === 0) return [];
  const faults = egressFaults(settings, groups);
  if (faults.length > 0) return faults;
  const which = wanted.length > 0 ? 'the security groups' : "the VPC's default security group";
  return [ok('securityGroups.egress', `the workers get out through ${which} (${namesOf(groups)})`)];
}

function namesOf(groups: SecurityGroup[]): string {
  return listed(groups.flatMap(({ GroupId }) => GroupId ?? []));
}

function coversPort({ IpProtocol, FromPort, ToPort }: IpPermission, port: number): boolean {
  if (IpProtocol === '-1') return true;
  return (
    (IpProtocol === 'tcp' || IpProtocol === '6') &&
    (FromPort ?? 0) <= port &&
    port <= (ToPort ?? 65535)
  );
}

/** Whether a rule names its target by a group or a prefix list, whose addresses are not known here. */
function isOpaque({ UserIdGroupPairs = [], PrefixListIds = [] }: IpPermission): boolean {
  return UserIdGroupPairs.length > 0 || PrefixListIds.length > 0;
}

/** Whether a rule lets a connection to any (null) or to this host out. */
function coversHost({ IpRanges = [], Ipv6Ranges = [] }: IpPermission, host: string | null) {
  const ranges = [
    ...IpRanges.flatMap(({ CidrIp }) => CidrIp ?? []),
    ...Ipv6Ranges.flatMap(({ CidrIpv6 }) => CidrIpv6 ?? []),
  ];
  return ranges.some((range) => range === '0.0.0.0/0' || (host !== null && isInRange(host, range)));
}

function egressFaults(settings: PreflightSettings, groups: SecurityGroup[]): Finding[] {
  const { workerSchedulerAddress, objectStorageAddress, endpointIsLoopback } = settings;
  const rules = groups.flatMap(({ IpPermissionsEgress = [] }) => IpPermissionsEgress);
  const names = namesOf(groups);
  if (rules.length === 0)
    return [
      error(
        'securityGroup.noEgress',
        `${names}: no rule lets anything out`,
        'a task can neither pull its image nor reach the scheduler',
        `aws ec2 authorize-security-group-egress --group-id ${groups[0]?.GroupId} --ip-permissions IpProtocol=-1,IpRanges=[{CidrIp=0.0.0.0/0}]`,
      ),
    ];
  const isOpen = (host: string | null, port: number) =>
    rules.some((rule) => coversPort(rule, port) && (isOpaque(rule) || coversHost(rule, host)));
  const target = (id: string, what: string, address: Address | null): Finding[] => {
    if (address === null || endpointIsLoopback || address.port === 0) return [];
    const host = reachOf(address) === 'name' ? null : address.host;
    if (isOpen(host, address.port)) return [];
    return [
      error(
        id,
        `${names}: no rule lets the workers out to ${what} at ${address.text}`,
        'the workers never connect, and their tasks end after --death-timeout-seconds',
        `allow outbound TCP port ${address.port} to ${address.host} in the security group`,
      ),
    ];
  };
  return [
    ...(isOpen(null, 443)
      ? []
      : [
          error(
            'securityGroup.egressHttps',
            `${names}: no rule lets HTTPS (port 443) out`,
            'a task can neither pull its image nor install Python packages',
            'allow outbound TCP port 443 to 0.0.0.0/0 in the security group',
          ),
        ]),
    ...target('securityGroup.egressScheduler', 'the scheduler', workerSchedulerAddress),
    ...target('securityGroup.egressObjectStorage', 'the object storage', objectStorageAddress),
  ];
}
