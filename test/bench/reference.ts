/**
 * Work that never changes, of the kinds that the daemon does: actors of XState, JSON, HTTP over loopback, a small file
 * that is written and synchronised. `bench:check` runs it beside the daemon, as a process of its own, and divides the
 * CPU time of the daemon by that of this process: so a slow machine makes both slow, and other load, too.
 * A change of this file changes what every stored value means.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ActorRefFrom, assign, createActor, sendParent, setup, stopChild } from 'xstate';

export type ReferenceRequest = { ask: 'work' };
export type ReferenceEvent = { event: 'ready' } | { event: 'done' };

const cohorts = 20;
const groupsOfCohort = 100;
const pages = 250;
const writes = 100;

type GroupEvent = { type: 'started'; at: number } | { type: 'ended'; at: number };

const group = setup({
  types: {
    context: {} as { id: string; startedAt: number | null },
    input: {} as { id: string },
    events: {} as GroupEvent,
  },
}).createMachine({
  context: ({ input }) => ({ id: input.id, startedAt: null }),
  initial: 'starting',
  states: {
    starting: {
      on: {
        started: {
          target: 'running',
          actions: [
            assign({ startedAt: ({ event }) => event.at }),
            sendParent(({ context }) => ({ type: 'changed', id: context.id, state: 'running' })),
          ],
        },
      },
    },
    running: { on: { ended: 'stopped' } },
    stopped: {
      entry: sendParent(({ context }) => ({ type: 'changed', id: context.id, state: 'stopped' })),
      type: 'final',
    },
  },
});

type CohortEvent =
  | { type: 'launch'; ids: string[] }
  | { type: 'told'; told: GroupEvent }
  | { type: 'changed'; id: string; state: string };

const cohort = setup({
  types: {
    context: {} as { states: Record<string, string> },
    events: {} as CohortEvent,
  },
  actors: { group },
  actions: {
    forward: ({ self }, told: GroupEvent) => {
      const { children } = self.getSnapshot() as unknown as {
        children: Record<string, ActorRefFrom<typeof group>>;
      };
      for (const child of Object.values(children)) child.send(told);
    },
  },
}).createMachine({
  context: { states: {} },
  on: {
    launch: {
      actions: assign(({ spawn, event }) => {
        for (const id of event.ids) spawn('group', { id, input: { id } });
        return {};
      }),
    },
    told: { actions: { type: 'forward', params: ({ event }) => event.told } },
    changed: [
      {
        guard: ({ event }) => event.state === 'stopped',
        actions: [
          assign({
            states: ({ context, event }) => ({ ...context.states, [event.id]: event.state }),
          }),
          stopChild(({ event }) => event.id),
        ],
      },
      {
        actions: assign({
          states: ({ context, event }) => ({ ...context.states, [event.id]: event.state }),
        }),
      },
    ],
  },
});

/** Groups that are launched, run and end. */
function runActors(): void {
  for (let c = 0; c < cohorts; c++) {
    const actor = createActor(cohort).start();
    const ids = Array.from({ length: groupsOfCohort }, (_, i) => `group-${c}-${i}`);
    actor.send({ type: 'launch', ids });
    actor.send({ type: 'told', told: { type: 'started', at: c } });
    actor.send({ type: 'told', told: { type: 'ended', at: c } });
    actor.stop();
  }
}

/** As DescribeTasks answers for a hundred tasks. */
const page = {
  tasks: Array.from({ length: 100 }, (_, i) => ({
    taskArn: `arn:aws:ecs:us-east-1:123456789012:task/cluster/${String(i).padStart(32, '0')}`,
    ...{ lastStatus: 'RUNNING', desiredStatus: 'RUNNING', createdAt: 1_790_000_000 + i },
    containers: [{ name: 'scaler-container', lastStatus: 'RUNNING', exitCode: null }],
    tags: [{ key: 'owner', value: `bench-${i}` }],
  })),
};

/** Each page is asked for and read over loopback, by this process from itself. */
async function exchangePages(): Promise<void> {
  const server = createServer((incoming, outgoing) => {
    incoming.resume();
    incoming.on('end', () => outgoing.end(JSON.stringify(page)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true, maxSockets: 20 });
  const ask = (n: number) =>
    new Promise<void>((resolve, reject) => {
      const sent = request({ port, agent, method: 'POST', host: '127.0.0.1' }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part) => parts.push(part));
        response.on('end', () => {
          const told = JSON.parse(Buffer.concat(parts).toString()) as typeof page;
          if (told.tasks.length === page.tasks.length) resolve();
          else reject(new Error('a page is not complete'));
        });
      });
      sent.on('error', reject);
      sent.end(JSON.stringify({ n, tasks: page.tasks.map(({ taskArn }) => taskArn) }));
    });
  await Promise.all(Array.from({ length: pages }, (_, n) => ask(n)));
  agent.destroy();
  server.close();
}

/** As a journal is written. */
async function writeFile(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'se-reference-'));
  const file = await open(join(folder, 'journal'), 'a');
  for (let i = 0; i < writes; i++) {
    await file.appendFile(`${JSON.stringify({ i, ...page.tasks[i % 100] })}\n`);
    await file.datasync();
  }
  await file.close();
  rmSync(folder, { recursive: true });
}

const tell = (event: ReferenceEvent) => process.connected && process.send?.(event);

process.on('message', async () => {
  runActors();
  await exchangePages();
  await writeFile();
  tell({ event: 'done' });
});
process.on('disconnect', () => process.exit());
tell({ event: 'ready' });
