import { expect, it } from 'vitest';
import { watchFirstSend } from '../../../src/daemon/connections.ts';
import type { Connection, ConnectOptions } from '../../../src/scheduler/transport/connection.ts';
import { parseAddress } from '../../../src/shared/address.ts';

const options: ConnectOptions = { address: parseAddress('tcp://127.0.0.1:1'), identity: 'us' };
const handlers = { onOpen() {}, onMessage() {}, onClosed() {} };

const connectionOf = (isOpen: () => boolean) => {
  const calls: string[] = [];
  const connection: Connection = {
    send: () => isOpen(),
    close: () => void calls.push('close'),
    destroy: () => void calls.push('destroy'),
    dropped: 7,
  };
  return { connection, calls };
};

const isSettled = async (promise: Promise<void>): Promise<boolean> =>
  Promise.race([promise.then(() => true), new Promise<boolean>((r) => setImmediate(r, false))]);

it('resolves when the first payload was taken, not when one was refused', async () => {
  let open = false;
  const { connection } = connectionOf(() => open);
  const { connect, firstSend } = watchFirstSend(() => connection);
  const watched = connect(options, handlers);
  expect(watched.send(new Uint8Array(8))).toBe(false);
  expect(await isSettled(firstSend)).toBe(false);
  open = true;
  expect(watched.send(new Uint8Array(8))).toBe(true);
  expect(await isSettled(firstSend)).toBe(true);
});

it('passes everything else on to the connection', () => {
  const { connection, calls } = connectionOf(() => true);
  const given: unknown[] = [];
  const { connect } = watchFirstSend((...args) => {
    given.push(...args);
    return connection;
  });
  const watched = connect(options, handlers);
  watched.close();
  watched.destroy();
  expect([watched.dropped, calls, given]).toEqual([7, ['close', 'destroy'], [options, handlers]]);
});
