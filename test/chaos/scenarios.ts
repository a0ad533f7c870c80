import type { Scenario } from './scenario.ts';
import { adaptiveRetries } from './scenarios/adaptiveRetries.ts';
import { agedJournal } from './scenarios/agedJournal.ts';
import { changedAddress } from './scenarios/changedAddress.ts';
import { changedRegion } from './scenarios/changedRegion.ts';
import { credentials } from './scenarios/credentials.ts';
import { deletedCluster } from './scenarios/deletedCluster.ts';
import { endlessAnswers } from './scenarios/endlessAnswers.ts';
import { falseDescriptions } from './scenarios/falseDescriptions.ts';
import { frozen } from './scenarios/frozen.ts';
import { hostileAnswers } from './scenarios/hostileAnswers.ts';
import { impatientStop } from './scenarios/impatientStop.ts';
import { lateAnswer } from './scenarios/lateAnswer.ts';
import { neverCommands } from './scenarios/neverCommands.ts';
import { oldCluster } from './scenarios/oldCluster.ts';
import { schedulerEnds } from './scenarios/schedulerEnds.ts';
import { secrets } from './scenarios/secrets.ts';
import { seedRights } from './scenarios/seedRights.ts';
import { slowStops } from './scenarios/slowStops.ts';
import { stopsFail } from './scenarios/stopsFail.ts';
import { unreadableAnswers } from './scenarios/unreadableAnswers.ts';
import { workersDie } from './scenarios/workersDie.ts';
import { openTestBed } from './testBed.ts';

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
  changedRegion,
  changedAddress,
  impatientStop,
  falseDescriptions,
  deletedCluster,
  stopsFail,
  slowStops,
  workersDie,
  neverCommands,
  schedulerEnds,
  adaptiveRetries,
};

/** Runs a scenario in a new test bed and returns its failed checks. */
export async function runScenario({ setup, run: play }: Scenario, seed: number): Promise<string[]> {
  const testBed = await openTestBed(setup);
  try {
    await play(testBed, seed);
  } catch (error) {
    testBed.check(false, String((error as Error).message));
  } finally {
    await testBed.close();
  }
  return testBed.failedChecks;
}
