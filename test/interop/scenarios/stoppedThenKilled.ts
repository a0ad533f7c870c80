import { startClient } from '../client.ts';
import { checkScaleDown, runningTasks, startDeployment, waitForResults } from '../deployment.ts';
import { killManager, startManager } from '../manager.ts';
import type { Outcome } from '../outcome.ts';
import { EXPECTED_RESULTS } from '../outcome.ts';
import { connectionTo } from '../procfs.ts';
import type { ScenarioContext } from '../scenarioContext.ts';

/** A daemon killed with unread data resets its connection, which over YMQ can block the main loop of a scheduler. */
export async function stoppedThenKilled(context: ScenarioContext): Promise<Outcome> {
  const deployment = await startDeployment(context);
  const { scheduler, emulator, manager } = deployment;
  const { processes } = context;
  const client = await startClient(context, scheduler, { count: EXPECTED_RESULTS, sleep: 0.8 });
  await context.waitFor('a task runs', 60_000, async () => (await runningTasks(emulator)).length, [
    manager,
  ]);

  // With the scheduler suspended, the heartbeat stays in its receive queue, so the heartbeat is the last data sent.
  processes.signal(scheduler.process, 'SIGSTOP');
  await context.waitFor(
    'a heartbeat is in the receive queue of the scheduler',
    15_000,
    () => connectionTo(manager.pid, scheduler.port)?.remote?.unread,
    [manager],
  );
  processes.signal(manager, 'SIGSTOP');
  processes.signal(scheduler.process, 'SIGCONT');
  const unread = await context.waitFor(
    'the answer is in the receive queue of the suspended daemon',
    15_000,
    () => connectionTo(manager.pid, scheduler.port)?.local.unread,
  );
  context.log(`     killed with ${unread} bytes unread`);
  await killManager(context, manager);
  deployment.manager = await startManager(context, scheduler, emulator);
  const results = await waitForResults(context, client, deployment);
  return checkScaleDown(context, deployment, results);
}
