import { isSchedulerAlive, startClient } from '../client.ts';
import { isAlive, startEmulator } from '../emulatorClient.ts';
import { MAX_TASKS, startManager } from '../manager.ts';
import { startMonitor } from '../monitor.ts';
import { Relay } from '../relay.ts';
import { type Outcome, WANTED_RESULTS } from '../report.ts';
import { startScheduler } from '../scheduler.ts';
import type { Stage } from '../stage.ts';
import { finishIn, running, settle } from '../world.ts';

const HOST = '127.0.0.1';
/** So long may a scheduler hang that waits for the one whose connection was reset. */
const BACK_MS = 5000;

/** A middlebox resets the daemon's connections again and again, also with a heartbeat just delivered and unanswered. */
export async function reset(stage: Stage): Promise<Outcome> {
  const scheduler = await startScheduler(stage);
  const monitor = await startMonitor(stage, scheduler);
  const emulator = await startEmulator(stage);
  const [main, second] = (await Promise.all(
    [scheduler.port, scheduler.monitorPort].map(async (port) => {
      const door = { host: HOST, port: 0 };
      const relay = await Relay.open({ door, target: { host: HOST, port } });
      stage.atEnd(() => relay.close());
      return relay;
    }),
  )) as [Relay, Relay];
  const manager = await startManager(
    stage,
    {
      ...scheduler,
      managerAddress: `tcp://${HOST}:${main.port}`,
      managerFlags: ['--monitor-address', `tcp://${HOST}:${second.port}`],
    },
    emulator,
  );
  const world = { scheduler, emulator, monitor, manager };
  const client = await startClient(stage, scheduler, { count: WANTED_RESULTS, sleep: 1.5 });

  await stage.until('a first task is bought', 30_000, async () => (await emulator.ledger()).length);
  await cut('with a task on its way', async () => {
    main.reset();
    second.reset();
  });
  await stage.until('two tasks run', 60_000, async () => (await running(emulator)).length >= 2, [
    manager,
  ]);
  const survivors = (await emulator.ledger()).filter(isAlive).map((task) => task.taskArn);
  for (const round of [1, 2, 3])
    await cut(`with a heartbeat unanswered, ${round}`, () => main.resetAfterNextWord());
  await cut('of the monitor stream', async () => second.reset(), second);

  const alive = (await emulator.ledger()).filter(isAlive).map((task) => task.taskArn);
  stage.check(
    client.process.end !== null || survivors.every((arn) => alive.includes(arn)),
    `no task was given up for it (${survivors.length})`,
  );
  const results = await finishIn(stage, client, world);
  const { length: bought } = await emulator.ledger();
  stage.check(bought <= MAX_TASKS, `no task was bought twice (${bought} in all)`);
  stage.check(
    main.cut >= 4 && second.cut >= 2,
    `${main.cut} + ${second.cut} connections were reset`,
  );
  return settle(stage, world, results);

  async function cut(when: string, how: () => Promise<void>, relay = main): Promise<void> {
    const { made, cut } = relay;
    await how();
    await stage.until('a connection is cut', BACK_MS, () => relay.cut > cut);
    await stage.comes(
      `the daemon is back after a reset ${when}`,
      BACK_MS,
      () => relay.made > made && relay.answered,
    );
    stage.check(await isSchedulerAlive(stage, scheduler, BACK_MS), 'and the scheduler answers');
  }
}
