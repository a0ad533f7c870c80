import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import type { WriteRaw } from '../proxy.ts';
import type { Scenario } from '../scenario.ts';
import { alive, type World } from '../world.ts';

const wanted = 3;
const headers = 'HTTP/1.1 200 OK\r\ncontent-length: 999999\r\n\r\n';

const stall: WriteRaw = (socket, { body }) =>
  void socket.write(headers + body.toString().slice(0, body.length >> 1));

const drip: WriteRaw = (socket) => {
  socket.write(headers);
  const timer = setInterval(() => socket.write(' '), 1000);
  socket.on('close', () => clearInterval(timer)).on('error', () => {});
};

const endless: WriteRaw = (socket) => {
  socket.on('error', () => {});
  socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
  const pour = () => {
    if (!socket.destroyed) socket.write(Buffer.alloc(1 << 20, ' '), () => setImmediate(pour));
  };
  pour();
};

/** Megabytes of memory that a process has ever held. */
const peakOf = (pid: number): number =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

async function kept(world: World, what: string, limitMs: number, isSo: () => Promise<boolean>) {
  const began = performance.now();
  await eventually(what, limitMs, isSo)
    .then(() => world.check(true, `${what} (${Math.round((performance.now() - began) / 1000)} s)`))
    .catch((error: Error) => world.check(false, error.message));
}

/** Answers that never end: each call is given up after 30 s, a launch is asked for again, and what died is noticed. */
export const endlessAnswers: Scenario = {
  setup: {
    name: 'endlessAnswers',
    daemonFlags: ['--max-task-concurrency', '9', '--sweep-seconds', '2', '--settle-seconds', '1'],
    monitored: false,
  },
  async play(world) {
    const { proxy, scheduler, state, cloud } = world;
    const daemon = world.start();
    const tokens: string[] = [];
    proxy.bend = (operation, answer, { body }) => {
      if (operation !== 'RunTask') return answer;
      tokens.push(JSON.parse(body).clientToken);
      return tokens.length === 1 ? stall : answer;
    };
    scheduler.wanted = wanted;
    const owned = () => state.ledger().groups().length;
    await kept(world, 'a RunTask whose answer stalls is asked for again', 45_000, async () => {
      return owned() === wanted;
    });
    world.check(new Set(tokens).size === 1, 'under the same token');
    world.check((await world.ours()).length === wanted, 'and nothing is bought twice');

    for (const [name, how] of Object.entries({ stall, drip, 'have no end': endless })) {
      proxy.bend = (operation, answer) => (/^(List|Describe)Tasks$/.test(operation) ? how : answer);
      await sleep(5000);
      const before = await alive(world);
      for (const { taskArn } of before) await cloud.strike(taskArn, 'exit');
      await sleep(3000);
      proxy.bend = null;
      const isNoticed = async () =>
        before.every(({ taskArn }) => state.ledger().owner(taskArn) === undefined);
      await kept(
        world,
        `tasks that died during answers that ${name} are noticed`,
        45_000,
        isNoticed,
      );
      await kept(world, 'and replaced', 120_000, async () => (await alive(world)).length > 0);
    }
    const peak = Math.round(peakOf(daemon.pid));
    world.check(peak < 400, `its memory stays below 400 MB (${peak} MB)`);

    proxy.bend = (operation, answer) => (operation === 'StopTask' ? stall : answer);
    const stopping = world.stop(daemon, 120_000);
    await sleep(10_000);
    proxy.bend = null;
    const { code } = await stopping;
    world.check(
      code === 0,
      `SIGTERM ends it with status ${code}, though the first StopTask stalled`,
    );
    world.check((await alive(world)).length === 0, 'and nothing runs on');
  },
};
