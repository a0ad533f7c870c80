import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Dealer } from 'zeromq';
import type { ControlSource, Push, Subscription } from '../../../src/control/api.ts';
import { connectControl } from '../../../src/control/client.ts';
import { decodeAnswer, encodeMessage } from '../../../src/control/codec.ts';
import { createFeed } from '../../../src/control/feed.ts';
import { serveControl } from '../../../src/control/server.ts';
import { now } from '../../../src/shared/clock.ts';
import type { EventName } from '../../../src/telemetry/events.ts';
import type { Log } from '../../../src/telemetry/log.ts';

function scratch(name = ''): string {
  const root = mkdtempSync(join(tmpdir(), 'control-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const dir = join(root, name);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  return dir;
}

/** A source that answers everything with what it was asked. */
const echo = new Proxy({} as ControlSource, {
  get: (_, op: string) => (args: unknown) => ({ op, args }),
});

async function serve(dir: string, source: ControlSource = echo, load?: () => Promise<never>) {
  const told: [EventName, object][] = [];
  const log: Log = { report: (name, fields) => void told.push([name, fields]) };
  const feed = createFeed(now);
  const server = await serveControl({ dir, source, feed, now, log }, load);
  let isClosed = false;
  const close = async () => {
    if (!isClosed) await server?.close();
    isClosed = true;
  };
  onTestFinished(close);
  const names = () => told.map(([name]) => name);
  return { server, close, feed, told, names };
}

async function client(dir: string) {
  const connected = await connectControl(dir);
  onTestFinished(() => connected.close());
  return connected;
}

/** A ZeroMQ socket that sends whatever a test wants. */
function dealer(dir: string, options: object = {}): Dealer {
  const socket = new Dealer({ linger: 0, reconnectInterval: -1, ...options });
  onTestFinished(() => socket.close());
  socket.connect(`ipc://${join(dir, 'control.sock')}`);
  return socket;
}

const answersOf = async (dir: string) => (await client(dir)).ask('explain', { group: 'x' });
const answered = { op: 'explain', args: { group: 'x' } };

describe('the control socket', () => {
  it('answers each operation with what its source says', async () => {
    const dir = scratch();
    await serve(dir);
    const asking = await client(dir);
    expect(await asking.ask('status', {})).toEqual({ op: 'status', args: {} });
    expect(await asking.ask('hold', { reason: 'why' })).toEqual({
      ...{ op: 'hold', args: { reason: 'why' } },
    });
    await expect(asking.ask('explain', { group: '' })).rejects.toMatchObject({
      ...{ kind: 'refused', message: 'group is no text of 1 to 200 characters' },
    });
  });

  it('is open to its own user alone, whatever the directory was', async () => {
    const dir = scratch();
    chmodSync(dir, 0o777);
    await serve(dir);
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    expect(statSync(join(dir, 'control.sock')).mode & 0o777).toBe(0o600);
  });

  it('replaces the socket of a dead daemon, and a file of that name', async () => {
    const dir = scratch();
    const path = join(dir, 'control.sock');
    const dead = createServer().listen(path);
    await vi.waitFor(() => expect(existsSync(path)).toBe(true));
    // The file outlives a process that is killed.
    dead.close();
    writeFileSync(path, 'no socket');
    await serve(dir);
    expect(await answersOf(dir)).toEqual(answered);
  });

  it('is reached in a directory whose path is too long for the kernel', async () => {
    const dir = scratch('x'.repeat(120));
    await serve(dir);
    expect(await answersOf(dir)).toEqual(answered);
  });

  it('leaves no file and no descriptor behind', async () => {
    const dir = scratch('x'.repeat(120));
    const before = readdirSync('/proc/self/fd').length;
    const { close } = await serve(dir);
    await close();
    expect(readdirSync(dir)).toEqual([]);
    await vi.waitFor(() =>
      expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before + 2),
    );
  });

  it('is not opened, and one warning says so, where ZeroMQ cannot be loaded', async () => {
    const fails = () => Promise.reject(new Error('ZeroMQ cannot be loaded: no build'));
    const { server, told } = await serve(scratch(), echo, fails);
    expect(server).toBeNull();
    expect(told).toMatchObject([
      ['control.notOpened', { reason: 'ZeroMQ cannot be loaded: no build' }],
    ]);
  });

  it('is not opened, and one warning says so, where a directory has its name', async () => {
    const dir = scratch();
    mkdirSync(join(dir, 'control.sock'));
    const { server, names } = await serve(dir);
    expect([server, names()]).toEqual([null, ['control.notOpened']]);
  });

  it('survives a bug of its source, says so, and answers the next request', async () => {
    const dir = scratch();
    const source = { ...echo, explain: echo.explain } as ControlSource;
    source.status = () => {
      throw new Error('a bug');
    };
    const { names } = await serve(dir, source);
    const asking = await client(dir);
    await expect(asking.ask('status', {})).rejects.toThrow('a bug kept the daemon from answering');
    expect(await asking.ask('explain', { group: 'x' })).toEqual(answered);
    expect(names()).toContain('control.failed');
  });
});

describe('a hostile client', () => {
  it('that sends no ZeroMQ at all changes nothing for others', async () => {
    const dir = scratch();
    await serve(dir);
    for (const bytes of [Buffer.alloc(0), Buffer.from('GET / HTTP/1.1\r\n\r\n'.repeat(99))]) {
      const socket = connect(join(dir, 'control.sock')).on('error', () => {});
      onTestFinished(() => void socket.destroy());
      socket.write(bytes);
    }
    await sleep(100);
    expect(await answersOf(dir)).toEqual(answered);
  });

  it('that sends garbage, several frames or another version is told what is wrong', async () => {
    const dir = scratch();
    await serve(dir);
    const hostile = dealer(dir, { receiveTimeout: 5000 });
    const codeOf = async (frames: Uint8Array[]) => {
      await hostile.send(frames);
      const [reply] = await hostile.receive();
      return (decodeAnswer(reply as Buffer) as { error: { code: string } }).error.code;
    };
    expect(await codeOf([Uint8Array.of(0xc1, 1, 2, 3)])).toBe('invalid');
    expect(await codeOf([Buffer.from('a'), Buffer.from('b')])).toBe('invalid');
    expect(await codeOf([encodeMessage({ v: 99, id: 1, op: 'status' })])).toBe('version');
    expect(await codeOf([Buffer.alloc(0)])).toBe('invalid');
  });

  it('that sends a huge frame loses its connection, and others are answered', async () => {
    const dir = scratch();
    await serve(dir);
    const hostile = dealer(dir, { receiveTimeout: 300 });
    await hostile.send(Buffer.alloc(1024 * 1024));
    await expect(hostile.receive()).rejects.toThrow();
    expect(await answersOf(dir)).toEqual(answered);
  });

  it('that floods the socket gets 200 answers a second, and keeps no other work waiting', async () => {
    const dir = scratch();
    let answers = 0;
    const source = { explain: () => ({ unknown: ++answers }) } as never;
    await serve(dir, source);
    const request = encodeMessage({ v: 1, id: 1, op: 'explain', args: { group: 'x' } });
    const flood = `const { Dealer } = require(${JSON.stringify(createRequire(import.meta.url).resolve('zeromq'))});
      const dealer = new Dealer({ linger: 0, sendHighWaterMark: 0 });
      dealer.connect(${JSON.stringify(`ipc://${join(dir, 'control.sock')}`)});
      const request = Buffer.from('${Buffer.from(request).toString('hex')}', 'hex');
      (async () => { for (;;) await dealer.send(request); })();`;
    const flooder = spawn(process.execPath, ['-e', flood], { stdio: 'ignore' });
    onTestFinished(() => void flooder.kill('SIGKILL'));
    await vi.waitFor(() => expect(answers).toBeGreaterThan(0), 10_000);
    const [before, at] = [answers, performance.now()];
    let turns = 0;
    while (performance.now() - at < 1000) {
      await sleep(5);
      turns++;
    }
    const seconds = (performance.now() - at) / 1000;
    flooder.kill('SIGKILL');
    // What was saved up at the start comes on top.
    expect(answers - before).toBeLessThan(200 + 250 * seconds);
    expect(turns).toBeGreaterThan(20);
    expect(await (await client(dir)).ask('explain', { group: 'x' })).toHaveProperty('unknown');
  }, 30_000);

  it('that opens connection after connection has all of them closed, and others get through', async () => {
    const dir = scratch();
    const { names } = await serve(dir);
    for (let i = 0; i < 40; i++) await dealer(dir).send(Buffer.from('x'));
    await vi.waitFor(() => expect(names()).toContain('control.crowded'));
    await vi.waitFor(async () => expect(await answersOf(dir)).toEqual(answered), {
      timeout: 10_000,
      interval: 300,
    });
  }, 30_000);
});

const pushed = async (from: AsyncIterable<Push>, isEnough: (all: Push[]) => boolean) => {
  const all: Push[] = [];
  for await (const push of from) {
    all.push(push);
    if (isEnough(all)) break;
  }
  return all;
};

const droppedIn = (all: Push[]): number =>
  all.reduce((sum, push) => sum + ('dropped' in push ? push.dropped : 0), 0);

describe('a client', () => {
  it('learns at once that its daemon is gone, whatever it waits for', async () => {
    const dir = scratch();
    const { close } = await serve(dir);
    const asking = await client(dir);
    const pushes = pushed(asking.subscribe({ topic: 'events' }), () => false);
    const told = expect(pushes).rejects.toMatchObject({ kind: 'noDaemon' });
    await sleep(200);
    await close();
    const at = performance.now();
    await told;
    await expect(asking.ask('status', {})).rejects.toThrow('is gone');
    expect(performance.now() - at).toBeLessThan(3000);
  });
});

describe('a subscriber', () => {
  it('of status gets one each second', async () => {
    const dir = scratch();
    await serve(dir);
    const asking = await client(dir);
    const got = await pushed(asking.subscribe({ topic: 'status' }), ({ length }) => length === 2);
    expect(got.map(({ items }) => items)).toEqual([
      [{ op: 'status', args: {} }],
      [{ op: 'status', args: {} }],
    ]);
  });

  it('of events gets those of its level and names, in order', async () => {
    const dir = scratch();
    const { feed } = await serve(dir);
    const asking = await client(dir);
    const subscription: Subscription = { topic: 'events', level: 'debug', names: ['fleet.'] };
    const got = pushed(asking.subscribe(subscription), (all) =>
      all.some(({ items }) => items.some((one) => 'event' in one && one.fields.state === 'b')),
    );
    await sleep(200);
    feed.log.report('fleet.stateChanged', { state: 'a' }, 'debug');
    feed.log.report('daemon.forced', {}, 'warn');
    feed.log.report('fleet.stateChanged', { state: 'b' }, 'debug');
    const events = (await got).flatMap(({ items }) => items as { fields: object }[]);
    expect(events.map(({ fields }) => fields)).toEqual([{ state: 'a' }, { state: 'b' }]);
  });

  it('that reads nothing loses events, and another one gets all of them', async () => {
    const dir = scratch();
    const { feed } = await serve(dir);
    const slow = dealer(dir, { receiveHighWaterMark: 1 });
    await slow.send(encodeMessage({ v: 1, id: 1, op: 'subscribe', args: { topic: 'events' } }));
    const asking = await client(dir);
    const states = 10;
    let count = 0;
    // The other one is not told of the many signals: as fast as they come it could not get all of them either.
    const reading = pushed(asking.subscribe({ topic: 'events', names: ['fleet.'] }), (all) => {
      count = all.reduce((sum, { items }) => sum + items.length, 0);
      return count >= states;
    });
    await sleep(100);
    // A thousand may wait for a subscriber, and about a thousand fit into the buffers of its socket.
    for (let i = 0; i < states; i++) {
      for (let n = 0; n < 300; n++)
        feed.log.report('signal.received', { signal: `${n} ${'x'.repeat(2000)}` }, 'info');
      feed.log.report('fleet.stateChanged', { state: 'a' }, 'info');
      await vi.waitFor(() => expect(count).toBe(i + 1), { timeout: 30_000, interval: 10 });
    }
    expect(droppedIn(await reading)).toBe(0);
    // The slow one is told sooner or later how many it has lost; otherwise this ends at the time limit.
    let dropped = 0;
    while (dropped === 0) {
      const [push] = await slow.receive();
      dropped = droppedIn([decodeAnswer(push as Buffer) as Push]);
    }
  }, 60_000);

  it('is refused when there are as many as there may be', async () => {
    const dir = scratch();
    await serve(dir);
    const [first, second] = [await client(dir), await client(dir)];
    const many = Array.from({ length: 14 }, () => dealer(dir));
    for (const one of many) {
      await one.send(encodeMessage({ v: 1, id: 1, op: 'subscribe', args: { topic: 'status' } }));
      await one.receive();
    }
    expect(await first.ask('subscribe', { topic: 'status' })).toEqual({ subscribed: 'status' });
    expect(await first.ask('subscribe', { topic: 'events' })).toEqual({ subscribed: 'events' });
    await expect(second.ask('subscribe', { topic: 'status' })).rejects.toThrow('as many');
    expect(await first.ask('unsubscribe', { topic: 'events' })).toHaveProperty('unsubscribed');
    expect(await second.ask('subscribe', { topic: 'status' })).toEqual({ subscribed: 'status' });
  });
});
