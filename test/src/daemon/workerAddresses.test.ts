import { expect, it } from 'vitest';
import { unreachableAddresses } from '../../../src/daemon/workerAddresses.ts';
import { parseAddress } from '../../../src/shared/address.ts';

const config = (scheduler: string, storage: string | null = null) => ({
  workerSchedulerAddress: parseAddress(scheduler),
  objectStorageAddress: storage === null ? null : parseAddress(storage),
});

it('names the worker-facing addresses that no Fargate task reaches', () => {
  expect(unreachableAddresses(config('tcp://127.0.0.1:1', 'tcp://0.0.0.0:2'), {})).toEqual([
    {
      setting: 'worker_scheduler_address',
      address: 'tcp://127.0.0.1:1',
      reason: 'a loopback address',
    },
    {
      setting: 'object_storage_address',
      address: 'tcp://0.0.0.0:2',
      reason: 'an address to listen on',
    },
  ]);
  expect(unreachableAddresses(config('ipc:///tmp/s'), {})).toHaveLength(1);
});

it('names none that a task may reach, and none when ECS is an emulator on this machine', () => {
  expect(unreachableAddresses(config('tcp://10.0.0.1:1', 'tcp://8.8.8.8:2'), {})).toEqual([]);
  const env = { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' };
  expect(unreachableAddresses(config('tcp://127.0.0.1:1'), env)).toEqual([]);
});
