import type { Scenario } from './scenario.ts';
import { agedJournal } from './scenarios/agedJournal.ts';
import { credentials } from './scenarios/credentials.ts';
import { endlessAnswers } from './scenarios/endlessAnswers.ts';
import { frozen } from './scenarios/frozen.ts';
import { hostileAnswers } from './scenarios/hostileAnswers.ts';
import { lateAnswer } from './scenarios/lateAnswer.ts';
import { oldCluster } from './scenarios/oldCluster.ts';
import { secrets } from './scenarios/secrets.ts';
import { seedRights } from './scenarios/seedRights.ts';
import { unreadableAnswers } from './scenarios/unreadableAnswers.ts';
import { openWorld } from './world.ts';

export const scenarios: Record<string, Scenario> = {
  lateAnswer,
  agedJournal,
  frozen,
  seedRights,
  hostileAnswers,
  secrets,
  unreadableAnswers,
  endlessAnswers,
  credentials,
  oldCluster,
};

/** The promises that were not kept. */
export async function playScenario({ setup, play }: Scenario, seed: number): Promise<string[]> {
  const world = await openWorld(setup);
  try {
    await play(world, seed);
  } catch (error) {
    world.check(false, String((error as Error).message));
  } finally {
    await world.close();
  }
  return world.broken;
}
