import { startClient } from '../client.ts';
import { isAlive } from '../emulatorClient.ts';
import { killManager, MAX_TASKS, startManager } from '../manager.ts';
import type { Outcome } from '../report.ts';
import { WANTED_RESULTS } from '../report.ts';
import type { Stage } from '../stage.ts';
import { finishIn, openWorld, running, settle } from '../world.ts';

/** kill -9 while the first task boots and again in mid-run: the same tasks, none doubled, all results. */
export async function killDaemon(stage: Stage): Promise<Outcome> {
  const world = await openWorld(stage);
  const { scheduler, emulator } = world;
  const client = await startClient(stage, scheduler, { count: WANTED_RESULTS, sleep: 1 });

  await stage.until('a first task is bought', 30_000, async () => (await emulator.ledger()).length);
  await restart();
  await stage.until('two tasks run', 60_000, async () => (await running(emulator)).length >= 2, [
    world.manager,
  ]);
  await restart();
  const survivors = (await emulator.ledger()).filter(isAlive).map((task) => task.taskArn);

  await stage.pause(5000); // longer than the restarted daemon needs to look around and act
  const alive = (await emulator.ledger()).filter(isAlive).map((task) => task.taskArn);
  stage.check(
    survivors.every((arn) => alive.includes(arn)),
    `the restarted daemon keeps the tasks of its predecessor (${survivors.length})`,
  );
  const results = await finishIn(stage, client, world);
  const tasks = await emulator.ledger();
  stage.check(tasks.length <= MAX_TASKS, `no task was bought twice (${tasks.length} in all)`);
  return settle(stage, world, results);

  async function restart() {
    await killManager(stage, world.manager);
    world.manager = await startManager(stage, scheduler, emulator);
  }
}
