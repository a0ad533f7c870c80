import type { Address } from '../../shared/address.ts';
import { isInRange, type Reach, reachOf } from '../../shared/addressReach.ts';
import type { AwsFacts } from './awsFacts.ts';
import { error, type Finding, ok, unchecked, warning } from './finding.ts';
import type { PreflightSettings } from './settings.ts';

interface Role {
  id: 'workerAddress' | 'objectStorageAddress';
  flag: string;
  what: string;
}

const scheduler: Role = {
  id: 'workerAddress',
  flag: '--worker-scheduler-address',
  what: 'the scheduler address of the workers',
};
const storage: Role = {
  id: 'objectStorageAddress',
  flag: '--object-storage-address',
  what: 'the object storage address of the workers',
};

/** Addresses that no Fargate task can reach, and what they are. */
const unreachable: Partial<Record<Reach, string>> = {
  local: 'a socket of one machine',
  loopback: 'a loopback address: in a Fargate task it means the task itself',
  unspecified: 'an address to listen on; nothing can connect to it',
  linkLocal: 'a link-local address, which no router forwards',
  multicast: 'a multicast or reserved address, at which no server listens',
};

/** Whether the addresses that the workers get can be reached from Fargate. Pure. */
export function checkAddresses(
  settings: PreflightSettings,
  { network }: Pick<AwsFacts, 'network'>,
): Finding[] {
  const { workerSchedulerAddress, objectStorageAddress } = settings;
  const ranges = (network.vpcs.ok ? network.vpcs.value : []).flatMap(
    ({ CidrBlockAssociationSet = [], CidrBlock }) => [
      ...CidrBlockAssociationSet.flatMap(({ CidrBlock: range }) => range ?? []),
      ...(CidrBlock ? [CidrBlock] : []),
    ],
  );
  const findings = [checkAddress(workerSchedulerAddress, scheduler, ranges, settings)];
  if (objectStorageAddress === null)
    return [
      ...findings,
      unchecked(
        'objectStorageAddress.fromScheduler',
        'the workers ask the scheduler for the object storage address',
        'a scheduler that was started with a loopback address for its object storage sends that to the workers, and their tasks fail',
        'set --object-storage-address tcp://HOST:PORT as the workers reach it',
      ),
    ];
  if (objectStorageAddress.text === workerSchedulerAddress.text)
    return [
      ...findings,
      error(
        'objectStorageAddress.isScheduler',
        `${storage.what} is the scheduler's own: ${objectStorageAddress.text}`,
        'the workers would send objects to the scheduler',
        `set ${storage.flag} to the address of scaler_object_storage_server`,
      ),
    ];
  return [...findings, checkAddress(objectStorageAddress, storage, ranges, settings)];
}

function checkAddress(
  address: Address,
  { id, flag, what }: Role,
  vpcRanges: string[],
  { endpointIsLoopback }: PreflightSettings,
): Finding {
  const reach = reachOf(address);
  const { text, host } = address;
  if (endpointIsLoopback && reach !== 'unspecified')
    return ok(`${id}.reach`, `${what} is ${text}; the emulator's tasks run on this machine`);
  const reason = unreachable[reach];
  if (reason !== undefined)
    return error(
      `${id}.${reach}`,
      `${what} is ${text}: ${reason}`,
      'every Fargate task starts, costs money, never connects, and ends after --death-timeout-seconds',
      `set ${flag} to tcp://IP:${address.port || 'PORT'} with an IP address that the subnets can reach`,
    );
  if (reach === 'private' && vpcRanges.length > 0 && !vpcRanges.some((r) => isInRange(host, r)))
    return warning(
      `${id}.private`,
      `${what} is ${text}, a private address outside the VPC (${vpcRanges[0]})`,
      'Fargate tasks reach it only over VPC peering, a transit gateway or a VPN',
      `set ${flag} to a public address, or to one inside the VPC`,
    );
  if (reach === 'private' && vpcRanges.length === 0)
    return unchecked(
      `${id}.private`,
      `${what} is ${text}, a private address; the VPC's addresses are not known`,
      'Fargate tasks reach a private address only inside their own network',
      'allow ec2:DescribeSubnets and ec2:DescribeVpcs, then run doctor again',
    );
  return ok(`${id}.reach`, `${what} is ${text}`);
}
