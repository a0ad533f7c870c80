import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import type { WriteRaw } from '../proxy.ts';
import type { Scenario } from '../scenario.ts';
import { aliveTasks, type TestBed } from '../testBed.ts';

const desiredTasks = 3;
const headers = 'HTTP/1.1 200 OK\r\ncontent-length: 999999\r\n\r\n';

/** Half of the body, then silence. */
const stall: WriteRaw = (socket, { body }) =>
  void socket.write(headers + body.toString().slice(0, body.length >> 1));

/** One byte per second. */
const drip: WriteRaw = (socket) => {
  socket.write(headers);
  const timer = setInterval(() => socket.write(' '), 1000);
  socket.on('close', () => clearInterval(timer)).on('error', () => {});
};

/** As many bytes as the connection takes. */
const flood: WriteRaw = (socket) => {
  socket.on('error', () => {});
  socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
  const pour = () => {
    if (!socket.destroyed) socket.write(Buffer.alloc(1 << 20, ' '), () => setImmediate(pour));
  };
  pour();
};

/** The most memory that a process has used, MB. */
const peakMemoryOf = (pid: number): number =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

async function checkEventually(
  testBed: TestBed,
  what: string,
  limitMs: number,
  probe: () => Promise<boolean>,
) {
  const startedAt = performance.now();
  const seconds = () => Math.round((performance.now() - startedAt) / 1000);
  await eventually(what, limitMs, probe)
    .then(() => testBed.check(true, `${what} (${seconds()} s)`))
    .catch((error: Error) => testBed.check(false, error.message));
}

/** Answers without an end: each call is given up after 30 s, a launch is settled by a list or under its token, and dead tasks are noticed. */
export const endlessAnswers: Scenario = {
  setup: {
    name: 'endlessAnswers',
    daemonFlags: ['--max-task-concurrency', '9', '--sweep-seconds', '2', '--settle-seconds', '1'],
    hasMonitor: false,
  },
  async run(testBed) {
    const { proxy, scheduler, state, emulator } = testBed;
    const daemon = testBed.start();
    const tokens: string[] = [];
    proxy.replaceAnswer = (operation, answer, { body }) => {
      if (operation !== 'RunTask') return answer;
      tokens.push(JSON.parse(body).clientToken);
      return tokens.length === 1 ? stall : answer;
    };
    scheduler.desiredWorkers = desiredTasks;
    await eventually('RunTask is sent', 30_000, () => tokens.length > 0, daemon);
    const isLaunched = async () => state.ledger().groups().length === desiredTasks;
    await checkEventually(
      testBed,
      'a launch whose answer stalls is settled, by a list or by another answer',
      45_000,
      isLaunched,
    );
    testBed.check(new Set(tokens).size === 1, 'under the same token');
    testBed.check((await testBed.ownTasks()).length === desiredTasks, 'nothing is launched twice');

    for (const [name, write] of Object.entries({ stall, drip, flood })) {
      proxy.replaceAnswer = (operation, answer) =>
        /^(List|Describe)Tasks$/.test(operation) ? write : answer;
      await sleep(5000);
      const before = await aliveTasks(testBed);
      for (const { taskArn } of before) await emulator.applyFault(taskArn, 'exit');
      await sleep(3000);
      proxy.replaceAnswer = null;
      const isNoticed = async () =>
        before.every(({ taskArn }) => state.ledger().owner(taskArn) === undefined);
      const what = `tasks that died while the answers were of the kind "${name}" are noticed`;
      await checkEventually(testBed, what, 45_000, isNoticed);
      const isReplaced = async () => (await aliveTasks(testBed)).length > 0;
      await checkEventually(testBed, 'and replaced', 120_000, isReplaced);
    }
    const peak = Math.round(peakMemoryOf(daemon.pid));
    testBed.check(peak < 400, `its memory stays below 400 MB (${peak} MB)`);

    proxy.replaceAnswer = (operation, answer) => (operation === 'StopTask' ? stall : answer);
    const stopping = testBed.stop(daemon, 120_000);
    await sleep(10_000);
    proxy.replaceAnswer = null;
    const { code } = await stopping;
    testBed.check(
      code === 0,
      `the daemon exits with status ${code} on SIGTERM, though the first StopTask stalled`,
    );
    testBed.check((await aliveTasks(testBed)).length === 0, 'no task is left');
  },
};
