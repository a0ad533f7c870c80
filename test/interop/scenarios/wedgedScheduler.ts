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
 * The daemon's connection is reset while a heartbeat is unanswered. The scheduler then blocks until it can send the
 * answer to this identity, and does nothing else. The restarted daemon must reconnect under the identity to unblock it.
 */
export async function wedgedScheduler(context: ScenarioContext): Promise<Outcome> {
  const deployment = await startDeployment(context);
  const { scheduler, emulator, monitor } = deployment;
  const client = await startClient(context, scheduler, { count: EXPECTED_RESULTS, sleep: 0.8 });
  await context.waitFor('a task runs', 60_000, async () => (await runningTasks(emulator)).length, [
    deployment.manager,
  ]);
  const identity = await context.waitFor(
    'the monitor stream shows the identity of the manager',
    5000,
    () => monitor.identities.get(defaultSetup.managerId),
  );
  // The daemon must not disconnect: the scheduler does not wait to send to an identity that has disconnected. It is
  // suspended, and the forged connection replaces its open one.
  context.processes.signal(deployment.manager, 'SIGSTOP');
  // Whether the reset hits between heartbeat and answer is a matter of timing. Later releases never block; then the
  // remaining checks must pass all the same.
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
    'the restarted daemon unblocks the scheduler within 5 s',
  );
  return checkScaleDown(context, deployment, await waitForResults(context, client, deployment));
}

/** More heartbeats than a scheduler can answer before the reset arrives. */
const HEARTBEATS = 1000;

/** Connects under the manager's identity, sends many heartbeats, and resets the connection before they are answered. */
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
  await context.waitFor('the scheduler sends its greeting', 5000, () => hasGreeted);
  await context.sleep(200);
  socket.write(Buffer.concat(Array<Buffer>(HEARTBEATS).fill(heartbeat)));
  // An immediate RST would discard the unread heartbeats.
  await context.sleep(20);
  socket.resetAndDestroy();
}

/** A YMQ frame: 8-byte little-endian length, then the payload. */
function ymqFrame(payload: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeBigUInt64LE(BigInt(payload.length));
  return Buffer.concat([header, payload]);
}
