import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startClient } from '../client.ts';
import { type Outcome, WANTED_RESULTS } from '../report.ts';
import type { Stage } from '../stage.ts';
import { finishIn, openWorld, settle } from '../world.ts';

/** How long each Fargate task lives once it runs, and for how long all this goes on, ms. */
const lifeMs = 10_000;
const heldMs = 60_000;
/** A hold of 10 s, then one of 20 s: three could be tried in a minute, and all of them were launched one by one. */
const mostTries = 4;

/**
 * Every task is killed for want of memory soon after its workers have come to serve. It is not bought anew for ever:
 * after three in a row there are single tries. When it is mended, the work is done.
 */
export async function crashLoop(stage: Stage): Promise<Outcome> {
  const world = await openWorld(stage);
  const { scheduler, emulator, manager } = world;
  await emulator.faults([{ operation: 'RunTask', do: { oom: { afterMs: lifeMs } } }]);
  const client = await startClient(stage, scheduler, { count: WANTED_RESULTS, sleep: 2 });
  const held = () =>
    /"kind":"exited".*"event":"breaker.opened"/.test(readFileSync(manager.logFile, 'utf8'));
  await stage.until('launches are held back', 150_000, held, [manager]);
  const before = (await emulator.ledger()).length;
  await sleep(heldMs);
  const bought = (await emulator.ledger()).length - before;
  stage.check(bought <= mostTries, `after that ${bought} tasks were bought in a minute`);
  await emulator.faults([]);
  return settle(stage, world, await finishIn(stage, client, world));
}
