import { execFile } from 'node:child_process';
import { createConnection } from 'node:net';
import { promisify } from 'node:util';
import { isSchedulerAlive, startClient } from '../client.ts';
import { checkScaleDown, runningTasks, startDeployment, waitForResults } from '../deployment.ts';
import { defaultSetup, killManager, startManager } from '../manager.ts';
import { compareReleases } from '../options.ts';
import { EXPECTED_RESULTS, type Outcome } from '../outcome.ts';
import type { ScenarioContext } from '../scenarioContext.ts';
import type { Scheduler } from '../scheduler.ts';

const heartbeatProgram = new URL('../heartbeat.py', import.meta.url).pathname;

/**
 * The worst end a daemon can have: its connection is reset with a heartbeat still unanswered. The answer then waits for
 * this identity, and everything else in the scheduler waits for the answer. The next start of the daemon must free it.
 */
export async function wedgedScheduler(context: ScenarioContext): Promise<Outcome> {
  const deployment = await startDeployment(context);
  const { scheduler, emulator, monitor } = deployment;
  const client = await startClient(context, scheduler, { count: EXPECTED_RESULTS, sleep: 0.8 });
  await context.waitFor('a task runs', 60_000, async () => (await runningTasks(emulator)).length, [
    deployment.manager,
  ]);
  const identity = await context.waitFor('the monitor stream names the manager', 5000, () =>
    monitor.identities.get(defaultSetup.managerId),
  );
  // It must not say good-bye: to an identity that left in good order the scheduler does not wait to send. So the forged
  // connection takes the place of one that stands.
  context.processes.signal(deployment.manager, 'SIGSTOP');
  // Whether a reset falls between question and answer is luck. Later releases survive it at any time; then there is
  // nothing to free, and the rest must hold all the same.
  let wedged = false;
  for (let attempt = 0; attempt < 3 && !wedged; attempt++) {
    await resetDuringHeartbeats(context, scheduler, identity);
    wedged = !(await isSchedulerAlive(context, scheduler, 4000));
    context.log(`     the scheduler ${wedged ? 'hangs' : 'does not hang'}`);
  }

  await killManager(context, deployment.manager);
  deployment.manager = await startManager(context, scheduler, emulator);
  context.check(
    await isSchedulerAlive(context, scheduler, 5000),
    'the restarted daemon frees the scheduler within 5 s',
  );
  return checkScaleDown(context, deployment, await waitForResults(context, client, deployment));
}

/** Far more than a scheduler can answer before the reset reaches it. */
const HEARTBEATS = 1000;

/** Speaks as that manager and resets the connection while answers to its heartbeats are still being made. */
async function resetDuringHeartbeats(
  context: ScenarioContext,
  scheduler: Scheduler,
  identity: string,
): Promise<void> {
  const { stdout } = await promisify(execFile)(context.venv.python, [
    heartbeatProgram,
    defaultSetup.managerId,
  ]);
  const heartbeat = ymqFrame(Buffer.from(stdout.trim(), 'hex'));
  const socket = createConnection(scheduler.port, '127.0.0.1');
  let hasGreeted = false;
  socket.on('data', () => {
    hasGreeted = true;
  });
  socket.on('error', (error) => context.log(`     ${error.message}`));
  const magic = compareReleases(context.options.scaler, '2.7.0') < 0 ? 'YMQ\x01' : 'YMQ\x02';
  socket.write(Buffer.concat([Buffer.from(magic), ymqFrame(Buffer.from(identity))]));
  await context.waitFor('the scheduler greets', 5000, () => hasGreeted);
  await context.sleep(200);
  socket.write(Buffer.concat(Array<Buffer>(HEARTBEATS).fill(heartbeat)));
  // A reset that comes at once would take the unread heartbeats with it.
  await context.sleep(20);
  socket.resetAndDestroy();
}

/** One YMQ message. */
function ymqFrame(payload: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeBigUInt64LE(BigInt(payload.length));
  return Buffer.concat([header, payload]);
}
