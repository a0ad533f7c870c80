import { readFileSync, statSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { startClient } from '../client.ts';
import { isAlive } from '../emulatorClient.ts';
import { MAX_TASKS, startManager, usualSetup } from '../manager.ts';
import { type Outcome, WANTED_RESULTS } from '../report.ts';
import type { Stage } from '../stage.ts';
import { finishIn, openWorld, running, settle, stopManager } from '../world.ts';

/** Started twice by mistake, on another machine: the same manager id, and so the same mark on its tasks. */
export const sameMark = (stage: Stage): Promise<Outcome> => together(stage, false);

/** The same with a copied state directory: not even their connections can be told apart. */
export const sameIdentity = (stage: Stage): Promise<Outcome> => together(stage, true);

/** Longer than a scheduler remembers a manager that is silent, and than both look for tasks of theirs. */
const TOGETHER_MS = 45_000;

async function together(stage: Stage, copied: boolean): Promise<Outcome> {
  const world = await openWorld(stage);
  const { scheduler, emulator } = world;
  const client = await startClient(stage, scheduler, { count: WANTED_RESULTS, sleep: 5 });
  await stage.until('two tasks run', 60_000, async () => (await running(emulator)).length >= 2, [
    world.manager,
  ]);
  if (copied)
    await cp(join(stage.dir, 'state-manager'), join(stage.dir, 'state-twin'), {
      recursive: true,
      filter: (path) => statSync(path).isDirectory() || basename(path) === 'identity',
    });
  const other = await startManager(stage, scheduler, emulator, { ...usualSetup, name: 'twin' });
  await stage.pause(TOGETHER_MS);
  const loud = (logFile: string) =>
    readFileSync(logFile, 'utf8')
      .split('\n')
      .filter((line) => /"level":"(?:warn|error)"/.test(line));
  stage.check(
    [other, world.manager].some(({ logFile }) =>
      loud(logFile).some((line) => line.includes('another manager')),
    ),
    'it is said that there may be another manager',
  );
  const before = (await emulator.ledger()).filter(isAlive);
  stage.check(client.process.end === null, 'there is still work');
  await stopManager(stage, other);
  await stage.pause(3000);
  const after = await emulator.ledger();
  const stopped = before.filter(
    ({ taskArn }) => !after.some((task) => task.taskArn === taskArn && isAlive(task)),
  );
  stage.check(
    stopped.length === 0,
    `no task was stopped by the end of the second (${stopped.length} of ${before.length})`,
  );
  const results = await finishIn(stage, client, world);
  const { length: bought } = await emulator.ledger();
  stage.check(bought <= MAX_TASKS, `nothing was bought twice (${bought} of ${MAX_TASKS})`);
  return settle(stage, world, results);
}
