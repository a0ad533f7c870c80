import { setTimeout as sleep } from 'node:timers/promises';
import { mutated } from '../../hostile/mutations.ts';
import { createRandom } from '../../simulation/random.ts';
import { eventually } from '../eventually.ts';
import type { Scenario } from '../scenario.ts';
import { aliveTasks } from '../testBed.ts';

const hostileMs = 60_000;
const desiredTasks = 4;

/** For a minute half of AWS's answers are bent, cut or no answer at all: heartbeats go on, and afterwards all is as wanted. */
export const hostileAnswers: Scenario = {
  setup: {
    name: 'hostileAnswers',
    daemonFlags: [
      ...['--max-task-concurrency', '8', '--sweep-seconds', '2', '--settle-seconds', '1'],
      ...['--start-deadline', '20'],
    ],
    hasMonitor: false,
  },
  async run(testBed, seed) {
    const random = createRandom(seed, 'hostile answers');
    const { emulator, proxy, scheduler, state } = testBed;
    let replacedAnswers = 0;
    proxy.replaceAnswer = (operation, answer) => {
      // A start that never gets through would keep the rest from being tried.
      const tasks = /Tasks?$/.test(operation);
      if (!random.chance(tasks ? 0.6 : 0.2)) return answer;
      replacedAnswers++;
      if (random.chance(0.1)) return 'cut';
      const status = random.pick([200, 200, 200, 200, 400, 500, answer.status]);
      return { status, body: Buffer.from(mutated(answer.body.toString(), random)) };
    };
    const daemon = testBed.start();
    const end = performance.now() + hostileMs;
    const gaps: number[] = [];
    let heartbeats = scheduler.heartbeats;
    let lastHeartbeatAt = performance.now();
    while (performance.now() < end && !daemon.exit) {
      scheduler.desiredWorkers = Math.floor(performance.now() / 7000) % 2 === 0 ? desiredTasks : 1;
      await sleep(50);
      if (scheduler.heartbeats === heartbeats) continue;
      gaps.push(performance.now() - lastHeartbeatAt);
      heartbeats = scheduler.heartbeats;
      lastHeartbeatAt = performance.now();
    }
    const longestGap = Math.round(Math.max(...gaps.slice(1)));
    testBed.check(daemon.exit === null, `it lives (${replacedAnswers} answers were bent)`);
    testBed.check(longestGap < 3000, `heartbeats go on every second (${longestGap} ms at most)`);

    proxy.replaceAnswer = null;
    scheduler.desiredWorkers = desiredTasks;
    const isConsistent = async () => {
      const ledger = state.ledger();
      const owned = new Set(ledger.groups().map(({ taskArn }) => taskArn));
      const ours = await aliveTasks(testBed);
      return (
        ours.length === owned.size &&
        ours.every(({ taskArn }) => owned.has(taskArn)) &&
        ours.length >= desiredTasks &&
        ledger.openLaunches().length === 0
      );
    };
    // Without a monitor stream, groups that boot are held: more than wanted may be, but never more than allowed.
    await eventually('AWS and the journal agree again', 180_000, isConsistent, daemon)
      .then(() => testBed.check(true, 'AWS and the journal agree again'))
      .catch((error: Error) => testBed.check(false, error.message));
    testBed.check((await aliveTasks(testBed)).length <= 8, 'and never more than allowed run');
    testBed.check(!/"(daemon|actor)\.crashed"/.test(await testBed.readLog()), 'no actor crashed');
    const { code } = await testBed.stop(daemon, 70_000);
    testBed.check(code === 0, `SIGTERM ends it with status ${code}`);
    const left = (await aliveTasks(testBed)).length;
    testBed.check(
      left === 0,
      `${left} tasks are left (${(await emulator.ledger()).tasks.length} in all)`,
    );
  },
};
