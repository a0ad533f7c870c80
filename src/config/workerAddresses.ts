import type { Address } from '../shared/address.ts';
import { ConfigFailure } from './configFailure.ts';
import { reachOf } from './reach.ts';
import { named, type Values } from './schema.ts';
import type { Neighbours } from './tomlFile.ts';

type AddressKey = 'scheduler_address' | 'worker_scheduler_address' | 'object_storage_address';

interface WorkerAddress {
  key: AddressKey;
  /** The setting to change. */
  remedy: AddressKey;
  address: Address;
}

/** The addresses that the workers are told. */
function workerAddresses(values: Values): WorkerAddress[] {
  const { scheduler_address, worker_scheduler_address, object_storage_address } = values;
  const remedy = 'worker_scheduler_address';
  return [
    worker_scheduler_address === null
      ? { key: 'scheduler_address', remedy, address: scheduler_address }
      : { key: remedy, remedy, address: worker_scheduler_address },
    ...(object_storage_address === null
      ? []
      : [
          {
            key: 'object_storage_address',
            remedy: 'object_storage_address',
            address: object_storage_address,
          } as const,
        ]),
  ];
}

function advice(remedy: AddressKey): string {
  return `set ${remedy} to an address of that host which the subnets can reach, like tcp://10.0.0.5:8516`;
}

/** Throws a ConfigFailure for an address at which no Fargate task can reach anything. */
export function rejectUnreachable(values: Values): void {
  for (const { key, remedy, address } of workerAddresses(values)) {
    if (reachOf(address) !== 'never') continue;
    const reason =
      address.scheme === 'ipc'
        ? 'works only within one host'
        : 'is no address that another host can connect to';
    throw new ConfigFailure(
      `${named(key)}: the workers are told ${address.text}, which ${reason}; ${advice(remedy)}`,
    );
  }
}

/** Warnings about addresses at which Fargate tasks reach themselves, and about programs that listen on this host only. */
export function addressWarnings(values: Values, neighbours: Neighbours | null): string[] {
  const own = workerAddresses(values)
    .filter(({ address }) => reachOf(address) === 'thisHost')
    .map(
      ({ key, remedy, address }) =>
        `${named(key)}: the workers are told ${address.text}, which in a Fargate task is the task itself; ${advice(remedy)}`,
    );
  return neighbours === null ? own : [...own, ...neighbourWarnings(values, neighbours)];
}

function neighbourWarnings(values: Values, neighbours: Neighbours): string[] {
  const { path, schedulerBind, storageBind, storageTold } = neighbours;
  const storage = values.object_storage_address;
  const scheduler = values.worker_scheduler_address ?? values.scheduler_address;
  const schedulerKey = values.worker_scheduler_address
    ? 'worker_scheduler_address'
    : 'scheduler_address';
  const bind = (section: string, bound: Address | null, told: Address, key: string): string[] =>
    bound !== null &&
    reachOf(bound) === 'thisHost' &&
    reachOf(told) === 'elsewhere' &&
    bound.port === told.port
      ? [
          `[${section}] in ${path} binds ${bound.text}, which only this host reaches, while ${key} tells the workers ${told.text}; bind ${bound.scheme}://0.0.0.0:${bound.port}, or forward that port`,
        ]
      : [];
  // The scheduler tells the workers its own address of the object storage.
  const asked =
    storage === null && storageTold !== null && reachOf(storageTold) !== 'elsewhere'
      ? [
          `${named('object_storage_address')}: not set, so that the workers are told ${storageTold.text} by [scheduler] in ${path}, which no Fargate task reaches; ${advice('object_storage_address')}`,
        ]
      : [];
  const told = storage ?? storageTold;
  return [
    ...bind('scheduler', schedulerBind, scheduler, schedulerKey),
    ...(told === null
      ? []
      : bind('object_storage_server', storageBind, told, 'object_storage_address')),
    ...asked,
  ];
}
