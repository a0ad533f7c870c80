import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import type { Scenario } from '../scenario.ts';
import { aliveTasks } from '../testBed.ts';

/** It is due a minute after the first answer. A busy machine may need much longer for the start. */
const noticedMs = 150_000;

/** The scheduler answers heartbeats and never commands, as one without a scaling policy does: that is said, once. */
export const neverCommands: Scenario = {
  setup: {
    name: 'neverCommands',
    daemonFlags: ['--max-task-concurrency', '3', '--sweep-seconds', '2', '--settle-seconds', '1'],
    hasMonitor: true,
  },
  async run(testBed) {
    const { scheduler } = testBed;
    scheduler.desiredWorkers = null;
    const daemon = testBed.start();
    const lines = async () =>
      (await testBed.readLog()).match(/"event":"scheduler.neverCommanded"/g)?.length ?? 0;
    const isSaid = async () => (await lines()) > 0;
    await eventually('it is said that nothing is commanded', noticedMs, isSaid, daemon);
    await sleep(15_000);
    testBed.check(
      (await lines()) === 1,
      `it is said ${await lines()} time that nothing is commanded`,
    );
    testBed.check(scheduler.heartbeats > 60, `${scheduler.heartbeats} heartbeats were answered`);
    testBed.check((await aliveTasks(testBed)).length === 0, 'nothing is launched');
    scheduler.desiredWorkers = 1;
    const isLaunched = async () => (await aliveTasks(testBed)).length === 1;
    await eventually('what is commanded later is launched', 15_000, isLaunched, daemon);
    const { code } = await testBed.stop(daemon, 70_000);
    testBed.check(code === 0, `the daemon exits with status ${code} on SIGTERM`);
    testBed.check((await aliveTasks(testBed)).length === 0, 'no task is left');
  },
};
