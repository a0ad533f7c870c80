import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import type { Scenario } from '../scenario.ts';
import { aliveTasks } from '../testBed.ts';

const desiredTasks = 10;

/** A list every 2 s, and it may have to wait for a tick of a second; one second more for a busy host. */
const listEveryMs = 4000;

/** After that an attempt without any byte of an answer is given up. */
const firstAttemptMs = 15_000;

/**
 * RunTask is executed at once and answered 20 s later, however often it is sent, and each attempt is given up after 15 s:
 * no answer is ever received. Lists run all the time. None of them takes a task from the launch or launches it twice,
 * and one of them shows what the launch has started.
 */
export const lateAnswer: Scenario = {
  setup: {
    name: 'lateAnswer',
    daemonFlags: ['--max-task-concurrency', '20', '--sweep-seconds', '2', '--settle-seconds', '1'],
    hasMonitor: false,
  },
  async run(testBed) {
    const { emulator, scheduler, state } = testBed;
    await emulator.setFaults([{ operation: 'RunTask', do: { answerAfterMs: 20_000 } }]);
    scheduler.desiredWorkers = desiredTasks;
    const daemon = testBed.start();
    const allStarted = async () => (await testBed.ownTasks()).length === desiredTasks;
    await eventually('RunTask has been executed', 30_000, allStarted, daemon);
    const listedBefore = (await emulator.ledger()).calls.ListTasks ?? 0;
    const startedAt = performance.now();
    await eventually(
      'a list settles the launch',
      60_000,
      () => state.ledger().openLaunches().length === 0 && state.ledger().groups().length > 0,
      daemon,
    );
    const openMs = performance.now() - startedAt;
    const lists = ((await emulator.ledger()).calls.ListTasks ?? 0) - listedBefore;
    const seconds = Math.round(openMs / 1000);
    testBed.check(
      lists >= Math.floor(openMs / listEveryMs),
      `${lists} lists while the launch was open, ${seconds} s`,
    );
    testBed.check(
      openMs >= firstAttemptMs - 5000 && openMs <= firstAttemptMs + 2 * listEveryMs,
      `the launch is settled soon after its first attempt was given up (${seconds} s)`,
    );
    await sleep(6000);

    const groups = state.ledger().groups();
    const arns = new Set(groups.map(({ taskArn }) => taskArn));
    testBed.check(
      groups.length === desiredTasks,
      `${groups.length} groups of ${desiredTasks} desired`,
    );
    testBed.check(arns.size === desiredTasks, `${arns.size} ARNs`);
    testBed.check((await aliveTasks(testBed)).length === desiredTasks, `${desiredTasks} tasks run`);
    const { calls, tasks } = await emulator.ledger();
    testBed.check(tasks.length === desiredTasks, `${tasks.length} tasks were launched in total`);
    testBed.check((calls.StopTask ?? 0) === 0, `${calls.StopTask ?? 0} StopTask calls`);
    await testBed.stop(daemon, 70_000);
  },
};
