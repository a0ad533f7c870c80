import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import type { Scenario } from '../scenario.ts';
import { alive } from '../world.ts';

const wanted = 4;
const graceSeconds = 3;

/** The daemon stands still, SIGSTOP, for longer than a scheduler may be gone: that was not the scheduler's silence. */
export const frozen: Scenario = {
  setup: {
    name: 'frozen',
    daemonFlags: [
      ...['--scheduler-grace', String(graceSeconds), '--settle-seconds', '1'],
      ...['--max-task-concurrency', String(wanted)],
    ],
    monitored: false,
  },
  async play(world) {
    const { cloud, scheduler, processes } = world;
    scheduler.wanted = wanted;
    const daemon = world.start();
    const running = async () =>
      (await alive(world)).filter(({ lastStatus }) => lastStatus === 'RUNNING').length === wanted;
    await eventually('all run', 30_000, running, daemon);
    await sleep(3000);
    processes.signal(daemon, 'SIGSTOP');
    await sleep(5 * graceSeconds * 1000);
    const { heartbeats } = scheduler;
    processes.signal(daemon, 'SIGCONT');
    await eventually('it is heard again', 20_000, () => scheduler.heartbeats > heartbeats + 1);
    await sleep(5000);
    const { calls, tasks } = await cloud.ledger();
    world.check((calls.StopTask ?? 0) === 0, `${calls.StopTask ?? 0} StopTask`);
    world.check(tasks.length === wanted, `${tasks.length} tasks were ever bought`);
    await world.stop(daemon, 70_000);
  },
};
