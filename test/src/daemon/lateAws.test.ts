import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { connectAws } from '../../../src/daemon/connectAws.ts';
import { lateAws } from '../../../src/daemon/lateAws.ts';

const { signal } = new AbortController();

const aws = () => ({
  prepare: vi.fn(async () => ({ revision: 'arn:1' })),
  stopTask: vi.fn(async () => {}),
  close: vi.fn(),
});

it('is connected at the first use, once, and not before a heartbeat was sent', async () => {
  let send = () => {};
  const sent = new Promise<void>((resolve) => {
    send = resolve;
  });
  const made = aws();
  const connect = vi.fn(() => made as never);
  const late = lateAws(sent, connect);
  await sleep(20);
  const preparing = late.prepare(signal);
  const stopping = late.stopTask('arn', 'why', signal);
  await sleep(50);
  expect(connect).not.toHaveBeenCalled();
  send();
  const sentAt = performance.now();
  expect(await preparing).toEqual({ revision: 'arn:1' });
  expect(performance.now() - sentAt).toBeLessThan(700);
  await stopping;
  expect(connect.mock.calls).toEqual([[connectAws]]);
  expect(made.stopTask).toHaveBeenCalledWith('arn', 'why', signal);
});

it('does not wait longer than a second for a scheduler that cannot be reached', async () => {
  const made = aws();
  const late = lateAws(new Promise(() => {}), () => made as never);
  const begun = performance.now();
  await late.prepare(signal);
  expect(performance.now() - begun).toBeGreaterThan(900);
  late.close();
  await sleep(0);
  expect(made.close).toHaveBeenCalledOnce();
});

it('has nothing to close when it was never used', () => {
  const connect = vi.fn();
  lateAws(Promise.resolve(), connect).close();
  expect(connect).not.toHaveBeenCalled();
});

it('passes on that a person orders another attempt, once it is connected', async () => {
  const retryNow = vi.fn();
  const late = lateAws(Promise.resolve(), () => ({ ...aws(), retryNow }) as never);
  late.retryNow();
  await late.prepare(signal);
  expect(retryNow).not.toHaveBeenCalled();
  late.retryNow();
  expect(retryNow).toHaveBeenCalledOnce();
});

it('shows limits once it is connected', async () => {
  const limits = { buckets: [], waiting: [{ operation: 'RunTask', calls: 1 }] };
  const late = lateAws(Promise.resolve(), () => ({ ...aws(), limits: () => limits }) as never);
  expect(late.limits()).toEqual({ buckets: [], waiting: [] });
  await late.prepare(signal);
  expect(late.limits()).toBe(limits);
});
