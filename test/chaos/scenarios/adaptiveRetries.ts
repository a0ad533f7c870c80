import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import type { Scenario } from '../scenario.ts';
import { aliveTasks } from '../testBed.ts';

const tasks = 40;
const throttledMs = 8000;
/** The SDK's own limiter, once it is throttled, lets some ten calls a second pass. */
const stoppedMs = 3000;

/** AWS_RETRY_MODE=adaptive would set the SDK's limiter behind ours: after a time of throttles, stops leave as fast as ever. */
export const adaptiveRetries: Scenario = {
  setup: {
    name: 'adaptiveRetries',
    daemonFlags: [
      ...['--max-task-concurrency', String(tasks), '--sweep-seconds', '2'],
      ...['--settle-seconds', '1'],
    ],
    hasMonitor: true,
    env: { AWS_RETRY_MODE: 'adaptive', AWS_MAX_ATTEMPTS: '5' },
  },
  async run(testBed) {
    const { scheduler, emulator } = testBed;
    const count = async () => (await aliveTasks(testBed)).length;
    scheduler.desiredWorkers = tasks;
    testBed.showWorkers(0);
    const daemon = testBed.start();
    await eventually(`${tasks} tasks run`, 30_000, async () => (await count()) === tasks, daemon);
    await sleep(4000);
    await emulator.setFaults([{ operation: '*', do: 'throttle' }]);
    await sleep(throttledMs);
    await emulator.setFaults([]);
    // What was throttled is tried again by now.
    await sleep(6000);
    const from = performance.now();
    scheduler.desiredWorkers = 0;
    await eventually('all are stopped', 60_000, async () => (await count()) === 0, daemon);
    const ms = Math.round(performance.now() - from);
    testBed.check(ms < stoppedMs, `${tasks} tasks are stopped ${ms} ms after they are not desired`);
    const { code } = await testBed.stop(daemon, 70_000);
    testBed.check(code === 0, `the daemon exits with status ${code} on SIGTERM`);
    testBed.check((await count()) === 0, 'no task is left');
  },
};
