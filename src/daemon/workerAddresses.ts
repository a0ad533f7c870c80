import type { Config } from '../config/config.ts';
import type { Address } from '../shared/address.ts';
import { type Reach, reachOf } from '../shared/addressReach.ts';
import { isEmulated } from '../shared/awsEndpoint.ts';

const reasons: Partial<Record<Reach, string>> = {
  local: 'a socket of this machine',
  loopback: 'a loopback address',
  unspecified: 'an address to listen on',
};

/** An address that the workers get and that no Fargate task can reach. */
interface Unreachable {
  setting: string;
  address: string;
  reason: string;
}

/** The worker-facing addresses that no Fargate task can reach; none with an emulator, whose tasks run on this machine. */
export function unreachableAddresses(
  {
    workerSchedulerAddress,
    objectStorageAddress,
  }: Pick<Config, 'workerSchedulerAddress' | 'objectStorageAddress'>,
  env: Record<string, string | undefined>,
): Unreachable[] {
  if (isEmulated(env)) return [];
  const addresses: [string, Address | null][] = [
    ['worker_scheduler_address', workerSchedulerAddress],
    ['object_storage_address', objectStorageAddress],
  ];
  return addresses.flatMap(([setting, address]) => {
    const reason = address === null ? undefined : reasons[reachOf(address)];
    return address === null || reason === undefined
      ? []
      : [{ setting, address: address.text, reason }];
  });
}
