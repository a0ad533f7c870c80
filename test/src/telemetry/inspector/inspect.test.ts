import { once } from 'node:events';
import { request } from 'node:http';
import { createWebSocketReceiver, type StatelyInspectionEvent } from '@statelyai/inspect';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type AnyActorLogic, assign, createActor, fromPromise, sendTo, setup } from 'xstate';
import { type Inspection, startInspection } from '../../../../src/telemetry/inspector/inspect.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';

const secret = 'wJalrXUtnFEMIK7MDENGbPxRfiCY';

const child = setup({
  types: {} as {
    input: { groupId: string };
    context: { groupId: string; taskArn: string; password: string; attempts: number };
    events: { type: 'go'; reason: string; error: Error };
    output: { groupId: string; token: string };
  },
  actors: {
    effect: fromPromise<string>(() => Promise.reject(new Error(`denied for ${secret}`))),
  },
}).createMachine({
  id: 'child',
  context: ({ input }) => ({
    ...input,
    taskArn: 'arn:aws:ecs:eu-west-1:123456789012:task/cluster/0123abcd',
    password: secret,
    attempts: 0,
  }),
  output: ({ context }) => ({ groupId: context.groupId, token: secret }),
  initial: 'waiting',
  states: {
    waiting: { on: { go: { target: 'working', actions: assign({ attempts: 1 }) } } },
    working: { invoke: { id: 'effect', src: 'effect', onError: 'over' } },
    over: { type: 'final' },
  },
});

const parent = setup({
  types: {} as {
    context: { settings: { requirements: string }; groups: Record<string, { key: string }> };
    events: { type: 'start' };
  },
  actors: { child },
}).createMachine({
  id: 'parent',
  context: {
    settings: { requirements: secret },
    groups: { a: { key: secret }, b: { key: secret } },
  },
  invoke: { src: 'child', id: 'kid', input: { groupId: 'g-1' } },
  initial: 'idle',
  states: {
    idle: { on: { start: 'busy' } },
    busy: {
      entry: sendTo('kid', { type: 'go', reason: secret, error: new Error(secret) }),
    },
  },
});

const open: Inspection[] = [];
const inspected = async (logic: AnyActorLogic) => {
  const inspection = await startInspection(silentLog, { port: 0 });
  open.push(inspection);
  return { inspection, actor: createActor(logic, { inspect: inspection.observe }) };
};
afterEach(async () => {
  await Promise.all(open.splice(0).map((inspection) => inspection.close()));
});

const socketUrl = ({ url }: Inspection) => url.replace('http', 'ws');

const watch = async (inspection: Inspection) => {
  const socket = new WebSocket(socketUrl(inspection));
  const raw: string[] = [];
  socket.on('message', (data) => raw.push(String(data)));
  await once(socket, 'open');
  const heard = () => raw.map((text) => JSON.parse(text) as StatelyInspectionEvent);
  return { raw, heard };
};

const states = (heard: StatelyInspectionEvent[], sessionId: string) =>
  heard.flatMap((message) =>
    message.type === '@xstate.snapshot' && message.sessionId === sessionId
      ? [(message.snapshot as unknown as { value: unknown }).value]
      : [],
  );

describe('startInspection', () => {
  it('sends the actors that exist, then what happens to them, and no secret', async () => {
    const { inspection, actor } = await inspected(parent);
    actor.start();
    const { raw, heard } = await watch(inspection);
    await vi.waitFor(() => expect(heard()).toHaveLength(2));
    expect(heard()).toMatchObject([
      {
        type: '@xstate.actor',
        name: 'parent',
        snapshot: {
          value: 'idle',
          context: { settings: '1 entries', groups: '2 entries' },
        },
      },
      {
        type: '@xstate.actor',
        name: 'kid',
        parentId: actor.sessionId,
        snapshot: { value: 'waiting', context: { groupId: 'g-1', taskArn: '0123abcd' } },
      },
    ]);
    actor.send({ type: 'start' });
    const kid = heard()[1]?.sessionId ?? '';
    await vi.waitFor(() => expect(states(heard(), kid)).toEqual(['working', 'over']));
    expect(states(heard(), actor.sessionId)).toContain('busy');
    expect(heard()).toContainEqual(
      expect.objectContaining({
        type: '@xstate.event',
        sourceId: actor.sessionId,
        sessionId: kid,
        event: { type: 'go', error: {} },
      }),
    );
    expect(raw.join('\n')).toContain('xstate.error.actor.effect');
    expect(raw.join('\n')).not.toContain(secret);
    expect(raw.join('\n')).not.toContain('123456789012');
  });

  it('forgets actors that have ended', async () => {
    const { inspection, actor } = await inspected(parent);
    actor.start();
    actor.send({ type: 'start' });
    await vi.waitFor(() =>
      expect(actor.getSnapshot().children.kid?.getSnapshot().status).toBe('done'),
    );
    const { heard } = await watch(inspection);
    await vi.waitFor(() => expect(heard()).toHaveLength(1));
    expect(heard()[0]).toMatchObject({ name: 'parent', snapshot: { value: 'busy' } });
  });

  it("is understood by Stately's own receiver", async () => {
    const { inspection, actor } = await inspected(child);
    const heard: StatelyInspectionEvent[] = [];
    createWebSocketReceiver({ server: socketUrl(inspection) }).subscribe((message) => {
      heard.push(message);
    });
    createActor(child, { input: { groupId: 'g-2' }, inspect: inspection.observe }).start();
    expect(actor.sessionId).toBeDefined();
    await vi.waitFor(() => expect(heard.length).toBeGreaterThan(0));
    const { definition } = heard[0] as StatelyInspectionEvent & { definition: string };
    expect(JSON.parse(definition)).toMatchObject({ id: 'child', initial: 'waiting' });
  });

  it('sends an actor once, also one that is created while others are sent', async () => {
    const { inspection, actor } = await inspected(parent);
    actor.start();
    const others = Array.from({ length: 60 }, (_, i) =>
      createActor(child, { input: { groupId: `g-${i}` }, inspect: inspection.observe }).start(),
    );
    const { heard } = await watch(inspection);
    const late = createActor(child, { input: { groupId: 'late' }, inspect: inspection.observe });
    late.start();
    await vi.waitFor(() => expect(heard().length).toBeGreaterThanOrEqual(others.length + 3));
    const ids = heard()
      .filter(({ type }) => type === '@xstate.actor')
      .map((one) => one.sessionId);
    expect(new Set(ids).size).toBe(others.length + 3);
    expect(ids).toHaveLength(others.length + 3);
  });

  it('refuses foreign pages, and foreign host names that resolve to us', async () => {
    const { inspection } = await inspected(child);
    const { host } = new URL(inspection.url);
    const outcome = (headers: Record<string, string>, url = socketUrl(inspection)) =>
      new Promise((resolve) => {
        const socket = new WebSocket(url, { headers });
        socket.on('open', () => resolve('open'));
        socket.on('unexpected-response', (_, { statusCode }) => resolve(statusCode));
      });
    expect(await outcome({})).toBe('open');
    expect(await outcome({ origin: `http://${host}` })).toBe('open');
    expect(await outcome({ origin: 'https://example.com' })).toBe(403);
    expect(await outcome({ origin: 'null' })).toBe(403);
    expect(await outcome({ host: 'rebound.example.com' })).toBe(403);
    const [withToken] = [socketUrl(inspection)];
    for (const wrong of [
      withToken.replace(/token=.*/, ''),
      `${withToken}x`,
      withToken.slice(0, -1),
    ])
      expect(await outcome({}, wrong)).toBe(403);
    expect(
      await outcome({ host: 'localhost.example.com', origin: 'http://localhost.example.com' }),
    ).toBe(403);
    const { search } = new URL(inspection.url);
    const page = async (path: string, headers = {}) => {
      const url = new URL(path, inspection.url);
      url.search = search;
      const asked = request(url, { headers }).end();
      const [answer] = await once(asked, 'response');
      answer.resume();
      return [answer.statusCode, answer.headers['access-control-allow-origin']];
    };
    expect(await page('/')).toEqual([200, undefined]);
    expect(await page('/', { host: 'rebound.example.com' })).toEqual([403, undefined]);
    expect(await page('/other')).toEqual([404, undefined]);
  });

  it('listens on loopback only, and on another port when its port is taken', async () => {
    const first = await startInspection(silentLog, { port: 0 });
    const port = Number(new URL(first.url).port);
    const second = await startInspection(silentLog, { port });
    open.push(first, second);
    expect(new URL(first.url).hostname).toBe('127.0.0.1');
    expect(new URL(second.url).port).not.toBe(String(port));
  });

  it('does not end the actor when a message cannot be shown', async () => {
    const reported: string[] = [];
    const log = { report: (name: string) => void reported.push(name) };
    const inspection = await startInspection(log, { port: 0 });
    open.push(inspection);
    expect(() => inspection.observe({ type: '@xstate.event' } as never)).not.toThrow();
    expect(reported).toEqual(['inspector.opened', 'inspector.failed']);
  });
});
