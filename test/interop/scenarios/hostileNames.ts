import { existsSync, readdirSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startClient } from '../client.ts';
import { usualSetup } from '../manager.ts';
import { commandLine, processesMentioning } from '../procfs.ts';
import { type Outcome, WANTED_RESULTS } from '../report.ts';
import type { Stage } from '../stage.ts';
import { finishIn, openWorld, settle } from '../world.ts';

const MANAGER_ID = 'a b;touch X';
const CAPABILITY = 'g$(id)=1';

/** Names are data: a shell that reads them must hand them on as they are. */
export async function hostileNames(stage: Stage): Promise<Outcome> {
  const world = await openWorld(stage, {
    ...usualSetup,
    managerId: MANAGER_ID,
    capabilities: CAPABILITY,
  });
  const { scheduler, monitor } = world;
  const client = await startClient(stage, scheduler, { count: WANTED_RESULTS, sleep: 0.2 });

  const argv = await stage.until(
    'a worker program runs',
    60_000,
    () =>
      processesMentioning([`127.0.0.1:${scheduler.port}`])
        .map(({ pid }) => commandLine(pid))
        .find((words) => words.includes('baremetal_native')),
    [world.manager],
  );
  const wordAfter = (flag: string) => argv[argv.indexOf(flag) + 1];
  stage.check(
    wordAfter('--worker-manager-id') === MANAGER_ID,
    `the worker was given the manager id (${wordAfter('--worker-manager-id')})`,
  );
  stage.check(
    wordAfter('--per-worker-capabilities') === CAPABILITY,
    `the worker was given the capability (${wordAfter('--per-worker-capabilities')})`,
  );

  // Before the client, which a broken command would never let finish.
  await stage.pause(1000);
  checkTraps(stage);
  const results = await finishIn(stage, client, world);
  await stage.comes('the scheduler counts the workers as of this manager id', 5000, () =>
    [...(monitor.managers.get(MANAGER_ID) ?? [])].some((id) => monitor.workers.has(id)),
  );
  const offered = [...monitor.workers.values()].filter((one) => one !== null);
  stage.check(
    offered.length > 0 && offered.every((one) => one['g$(id)'] === '1'),
    `the workers offer exactly that capability (${JSON.stringify(offered[0])})`,
  );
  return settle(stage, world, results);
}

/** `touch X` leaves a file in the folder of whoever executed it. */
function checkTraps(stage: Stage): void {
  const within = readdirSync(stage.dir, { recursive: true, encoding: 'utf8' }).map((file) =>
    join(stage.dir, file),
  );
  const outside = [process.cwd(), homedir(), '/', tmpdir()].map((dir) => join(dir, 'X'));
  const traps = [...within, ...outside.filter(existsSync)].filter((file) => file.endsWith('/X'));
  stage.check(traps.length === 0, `nothing was executed ${traps.join(' ')}`);
}
