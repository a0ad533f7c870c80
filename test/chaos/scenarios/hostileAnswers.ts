import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../../simulation/random.ts';
import { mutated } from '../../support/mutations.ts';
import { eventually } from '../eventually.ts';
import type { Scenario } from '../scenario.ts';
import { aliveTasks } from '../testBed.ts';

const hostileMs = 60_000;
const desiredTasks = 4;

/** For a minute, 60% of the answers about tasks and 20% of the others are mutated or cut. Heartbeats continue, and afterwards journal and AWS agree. */
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
      // Fewer faults at the start: a bootstrap that never succeeds would prevent the rest of the scenario.
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
    testBed.check(
      daemon.exit === null,
      `the daemon is running (${replacedAnswers} answers were replaced)`,
    );
    testBed.check(
      longestGap < 3000,
      `heartbeats continue every second (at most ${longestGap} ms apart)`,
    );

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
    // Without a monitor stream, starting groups are not stopped: more groups than desired may run, but never more than the cap.
    await eventually('AWS and the journal agree again', 180_000, isConsistent, daemon)
      .then(() => testBed.check(true, 'AWS and the journal agree again'))
      .catch((error: Error) => testBed.check(false, error.message));
    testBed.check((await aliveTasks(testBed)).length <= 8, 'at most as many tasks run as allowed');
    testBed.check(!/"(daemon|actor)\.crashed"/.test(await testBed.readLog()), 'no actor crashed');
    const { code } = await testBed.stop(daemon, 70_000);
    testBed.check(code === 0, `the daemon exits with status ${code} on SIGTERM`);
    const left = (await aliveTasks(testBed)).length;
    testBed.check(
      left === 0,
      `${left} tasks are left (${(await emulator.ledger()).tasks.length} in total)`,
    );
  },
};
