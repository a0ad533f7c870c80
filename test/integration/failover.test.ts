import { expect, it, vi } from 'vitest';
import { account, alive, schedulerForAll, start, temporaryStateDir } from './inProcess.ts';

const scheduler = schedulerForAll();

const full = 'InsufficientFreeAddressesInSubnet: subnet-2 has not enough free addresses';

it('a daemon launches in the other subnet when one has no free addresses, and logs it once', async () => {
  const faults = [
    {
      operation: 'RunTask',
      when: { subnet: 'subnet-2' },
      do: { partialFailures: { started: 0, reason: full } },
    },
  ];
  const emulator = await account({ faults });
  const daemon = start(scheduler.address, temporaryStateDir());
  await vi.waitFor(() => expect(alive(emulator)).toHaveLength(1), { timeout: 10_000 });
  const held = daemon.said.filter(({ text }) => text === 'breaker.opened');
  expect(held).toEqual([
    {
      text: 'breaker.opened',
      fields: expect.objectContaining({ kind: 'addresses', subnet: 'subnet-2', failures: 1 }),
    },
  ]);
  daemon.signal();
  expect(await daemon.status).toBe(0);
  expect(emulator.ledger().tasks).toHaveLength(1);
}, 30_000);
