import { isSchedulerAlive, startClient } from '../client.ts';
import { checkScaleDown, runningTasks, waitForResults } from '../deployment.ts';
import { isAlive, startEmulator } from '../emulatorClient.ts';
import { MAX_TASKS, startManager } from '../manager.ts';
import { startMonitor } from '../monitor.ts';
import { EXPECTED_RESULTS, type Outcome } from '../outcome.ts';
import { Relay } from '../relay.ts';
import type { ScenarioContext } from '../scenarioContext.ts';
import { startScheduler } from '../scheduler.ts';

const HOST = '127.0.0.1';
/** Time limit for reconnecting: a scheduler may block until the daemon is back. */
const RECONNECT_LIMIT_MS = 5000;

/** A middlebox repeatedly resets the daemon's connections, also just after a heartbeat that is not yet answered. */
export async function reset(context: ScenarioContext): Promise<Outcome> {
  const scheduler = await startScheduler(context);
  const monitor = await startMonitor(context, scheduler);
  const emulator = await startEmulator(context);
  const [main, second] = (await Promise.all(
    [scheduler.port, scheduler.monitorPort].map(async (port) => {
      const listenOn = { host: HOST, port: 0 };
      const relay = await Relay.open({ listenOn, target: { host: HOST, port } });
      context.onCleanUp(() => relay.close());
      return relay;
    }),
  )) as [Relay, Relay];
  const manager = await startManager(
    context,
    {
      ...scheduler,
      managerAddress: `tcp://${HOST}:${main.port}`,
      managerFlags: ['--monitor-address', `tcp://${HOST}:${second.port}`],
    },
    emulator,
  );
  const deployment = { scheduler, emulator, monitor, manager };
  const client = await startClient(context, scheduler, { count: EXPECTED_RESULTS, sleep: 1.5 });

  await context.waitFor(
    'the first task is launched',
    30_000,
    async () => (await emulator.ledger()).length,
  );
  await resetAndCheck('while a task starts', async () => {
    main.reset();
    second.reset();
  });
  await context.waitFor(
    'two tasks run',
    60_000,
    async () => (await runningTasks(emulator)).length >= 2,
    [manager],
  );
  const survivors = (await emulator.ledger()).filter(isAlive).map((task) => task.taskArn);
  for (const round of [1, 2, 3])
    await resetAndCheck(`with an unanswered heartbeat, ${round}`, () => main.resetAfterNextData());
  await resetAndCheck('of the monitor stream', async () => second.reset(), second);

  const alive = (await emulator.ledger()).filter(isAlive).map((task) => task.taskArn);
  context.check(
    client.process.exit !== null || survivors.every((arn) => alive.includes(arn)),
    `no task was stopped because of a reset (${survivors.length})`,
  );
  const results = await waitForResults(context, client, deployment);
  const { length: launched } = await emulator.ledger();
  context.check(launched <= MAX_TASKS, `no task was launched twice (${launched} in all)`);
  context.check(
    main.resetConnections >= 4 && second.resetConnections >= 2,
    `${main.resetConnections} + ${second.resetConnections} connections were reset`,
  );
  return checkScaleDown(context, deployment, results);

  async function resetAndCheck(
    when: string,
    how: () => Promise<void>,
    relay = main,
  ): Promise<void> {
    const { acceptedConnections: made, resetConnections: cut } = relay;
    await how();
    await context.waitFor(
      'a connection is reset',
      RECONNECT_LIMIT_MS,
      () => relay.resetConnections > cut,
    );
    await context.checkWithin(
      `the daemon reconnects after a reset ${when}`,
      RECONNECT_LIMIT_MS,
      () => relay.acceptedConnections > made && relay.hasAnswered,
    );
    context.check(
      await isSchedulerAlive(context, scheduler, RECONNECT_LIMIT_MS),
      'the scheduler answers after the reset',
    );
  }
}
