import { execFile } from 'node:child_process';
import { createConnection } from 'node:net';
import { promisify } from 'node:util';
import { isSchedulerAlive, startClient } from '../client.ts';
import { killManager, startManager, usualSetup } from '../manager.ts';
import { compareReleases } from '../options.ts';
import { type Outcome, WANTED_RESULTS } from '../report.ts';
import type { Scheduler } from '../scheduler.ts';
import type { Stage } from '../stage.ts';
import { finishIn, openWorld, running, settle } from '../world.ts';

const program = new URL('../heartbeat.py', import.meta.url).pathname;

/**
 * The worst end a daemon can have: its connection is reset with a heartbeat still unanswered. The answer then waits for
 * this identity, and everything else in the scheduler waits for the answer. The next start of the daemon must free it.
 */
export async function wedgedScheduler(stage: Stage): Promise<Outcome> {
  const world = await openWorld(stage);
  const { scheduler, emulator, monitor } = world;
  const client = await startClient(stage, scheduler, { count: WANTED_RESULTS, sleep: 0.8 });
  await stage.until('a task runs', 60_000, async () => (await running(emulator)).length, [
    world.manager,
  ]);
  const identity = await stage.until('the monitor stream names the manager', 5000, () =>
    monitor.identities.get(usualSetup.managerId),
  );
  // It must not say good-bye: to an identity that left in good order the scheduler does not wait to send. So the forged
  // connection takes the place of one that stands.
  stage.processes.signal(world.manager, 'SIGSTOP');
  // Whether a reset falls between question and answer is luck. Later releases survive it at any time; then there is
  // nothing to free, and the rest must hold all the same.
  let wedged = false;
  for (let attempt = 0; attempt < 3 && !wedged; attempt++) {
    await dieInHeartbeat(stage, scheduler, identity);
    wedged = !(await isSchedulerAlive(stage, scheduler, 4000));
    stage.log(`     the scheduler ${wedged ? 'hangs' : 'does not hang'}`);
  }

  await killManager(stage, world.manager);
  world.manager = await startManager(stage, scheduler, emulator);
  stage.check(
    await isSchedulerAlive(stage, scheduler, 5000),
    'the restarted daemon frees the scheduler within 5 s',
  );
  return settle(stage, world, await finishIn(stage, client, world));
}

/** Far more than a scheduler can answer before the reset reaches it. */
const HEARTBEATS = 1000;

/** Speaks as that manager and resets the connection while answers to its heartbeats are still being made. */
async function dieInHeartbeat(stage: Stage, scheduler: Scheduler, identity: string): Promise<void> {
  const { stdout } = await promisify(execFile)(stage.venv.python, [program, usualSetup.managerId]);
  const heartbeat = framed(Buffer.from(stdout.trim(), 'hex'));
  const socket = createConnection(scheduler.port, '127.0.0.1');
  let greeted = false;
  socket.on('data', () => {
    greeted = true;
  });
  socket.on('error', (error) => stage.log(`     ${error.message}`));
  const magic = compareReleases(stage.options.scaler, '2.7.0') < 0 ? 'YMQ\x01' : 'YMQ\x02';
  socket.write(Buffer.concat([Buffer.from(magic), framed(Buffer.from(identity))]));
  await stage.until('the scheduler greets', 5000, () => greeted);
  await stage.pause(200);
  socket.write(Buffer.concat(Array<Buffer>(HEARTBEATS).fill(heartbeat)));
  // A reset that comes at once would take the unread heartbeats with it.
  await stage.pause(20);
  socket.resetAndDestroy();
}

/** One YMQ message. */
function framed(payload: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeBigUInt64LE(BigInt(payload.length));
  return Buffer.concat([header, payload]);
}
