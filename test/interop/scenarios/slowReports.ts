import { readFileSync } from 'node:fs';
import { isSchedulerAlive, startClient, waitForClient } from '../client.ts';
import { runningTasks, stopManager } from '../deployment.ts';
import { isAlive, startEmulator } from '../emulatorClient.ts';
import { startManager } from '../manager.ts';
import { EXPECTED_RESULTS, type Outcome } from '../outcome.ts';
import type { ProcessHandle } from '../processes.ts';
import type { Scenario } from '../runScenario.ts';
import type { ScenarioContext } from '../scenarioContext.ts';
import { startScheduler } from '../scheduler.ts';

/** The states of the connection to the monitor stream, in the order in which the daemon took them. */
const streamStates = ({ logFile }: ProcessHandle): string[] =>
  [...readFileSync(logFile, 'utf8').matchAll(/^.*"monitor.stateChanged".*$/gm)].flatMap(
    ([line]) => JSON.parse(line).state ?? [],
  );

const isListening = (state: string): boolean => state.startsWith('online.listening');

/**
 * A scheduler that reports its workers seldom: the daemon stays connected to the stream between two reports, keeps the
 * worker at work and stops idle ones once a report has shown them.
 */
export const slowReports =
  (seconds: number): Scenario =>
  async (context: ScenarioContext): Promise<Outcome> => {
    const scheduler = await startScheduler(context, 'scheduler', undefined, [
      ...['--status-report-interval-seconds', String(seconds)],
    ]);
    const emulator = await startEmulator(context);
    const manager = await startManager(context, scheduler, emulator);
    await context.waitFor('the daemon hears the monitor stream', 30_000, () =>
      streamStates(manager).some(isListening),
    );
    // Longer than it takes to learn the rhythm, and to stop what a report shows without work.
    const client = await startClient(context, scheduler, {
      ...{ count: EXPECTED_RESULTS, sleep: 0.4 },
      first: 30 + 2 * seconds,
    });
    const two = async () => (await runningTasks(emulator)).length >= 2;
    await context.waitFor('two tasks run', 60_000, two, [manager]);
    const alive = async () => (await emulator.ledger()).filter(isAlive);
    await context.checkWithin(
      'the idle Fargate tasks are stopped once a report has shown them, while one is at work',
      (30 + 2 * seconds) * 1000,
      async () => (await alive()).length === 1 && client.process.exit === null,
    );
    const [kept] = await alive();
    const results = await waitForClient(context, client, [manager, scheduler.process]);
    const busy = (await emulator.ledger()).find(({ taskArn }) => taskArn === kept?.taskArn);
    context.check(busy !== undefined && isAlive(busy), 'the Fargate task at work was kept');
    await context.checkWithin(
      'the Fargate tasks scale down to zero after the next report',
      (30 + seconds) * 1000,
      async () => (await alive()).length === 0,
    );
    const states = streamStates(manager);
    const after = states.slice(states.findIndex(isListening));
    context.check(
      after.every(isListening),
      `the connection to the monitor stream was not given up (${after.join(', ')})`,
    );
    const schedulerAlive = await isSchedulerAlive(context, scheduler);
    context.check(schedulerAlive, 'the scheduler is alive');
    await stopManager(context, manager);
    const tasks = await emulator.ledger();
    return {
      results,
      groupsStarted: tasks.length,
      ecsTasksLeft: tasks.filter(isAlive).length,
      schedulerAlive,
    };
  };
