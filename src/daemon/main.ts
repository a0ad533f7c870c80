import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createActor, toPromise } from 'xstate';
import type { ConnectionStatus } from '../../machines/scheduler/events.ts';
import type { LaunchOrder } from '../../machines/shared/domain.ts';
import { taskIdOf } from '../../machines/shared/ids.ts';
import { type Config, describeCapacity } from '../config/config.ts';
import { someAreEncrypted } from '../config/trust.ts';
import { connectAuto } from '../scheduler/transport/connectAuto.ts';
import type { Connect } from '../scheduler/transport/connection.ts';
import { connectDealer } from '../scheduler/transport/dealer.ts';
import { connectSubscriber } from '../scheduler/transport/subscriber.ts';
import { connectYmq } from '../scheduler/transport/ymq.ts';
import { now } from '../shared/clock.ts';
import { loadIdentity } from '../store/identity.ts';
import { openJournal } from '../store/journal.ts';
import { openStateDir } from '../store/stateDir.ts';
import type { Log } from '../telemetry/log.ts';
import { stateObserver } from '../telemetry/stateLogger.ts';
import { createCancellationHold } from './cancellationHold.ts';
import { createTemplates } from './launchTemplates.ts';
import { managerSettings, sessionSettings } from './managerSettings.ts';
import { adoptStrays, type Doubts, foreignTo } from './ownership.ts';
import { mayOweResponse, recover } from './startup.ts';
import { provide } from './wiring.ts';

/** Calls back once per request to stop: first in order, then at once. */
export type OnStop = (listener: () => void) => void;

const onSignal: OnStop = (listener) => {
  process.on('SIGTERM', listener);
  process.on('SIGINT', listener);
};

/** A scheduler that cannot be reached must not keep us from looking after our tasks, ms. */
const loadAwsAnywayMs = 1000;

const abortedWithin = (signal: AbortSignal, limitMs: number): Promise<void> =>
  sleep(limitMs, undefined, { signal }).catch(() => {});

/** Runs one worker manager to its end. Resolves to the exit status: 0 when nothing of ours is left, or on purpose. */
export const runDaemon = async (
  config: Config,
  log: Log,
  onStop: OnStop = onSignal,
): Promise<number> => {
  const templates = createTemplates(config);
  const { warning } = templates.check();
  if (warning) log.warn({ warning }, 'template.large');

  const stateDir = openStateDir(config.stateDir, log);
  const identity = loadIdentity(
    config.stateDir,
    () => `scaler-ecs|${randomUUID().replaceAll('-', '')}`,
    log,
  );
  const journal = await openJournal(config.stateDir, log);
  /** A launch is sent, and sent again, as it was journaled, whatever has been found out since. */
  const templateOf = (order: LaunchOrder) => {
    const record = journal.ledger.openLaunch(order.label);
    return (record && templates.made(order, record.requestHash)) ?? templates.current();
  };
  const epoch = randomBytes(6).toString('hex');
  const openBefore = new Set(journal.ledger.openLaunches().map(({ label }) => label));
  const recovered = recover(journal, {
    at: now(),
    epoch,
    requestHashOf: (order) => templateOf(order).hash(order),
  });

  let connection: ConnectionStatus = 'closed';
  const doubts: Doubts = {
    unanswered: () => connection === 'unacknowledged' || connection === 'conflict',
    foreign: foreignTo(
      recovered.startedAt,
      (label) => label.startsWith(`${epoch}-`) || openBefore.has(label),
    ),
  };

  const { cluster, startedBy } = templates;
  const firstBeat = new AbortController();
  let closeAws = () => {};
  const loadAws = async () => {
    await abortedWithin(firstBeat.signal, loadAwsAnywayMs);
    const { connectAws } = await import('./connectAws.ts');
    const connected = connectAws(
      config,
      {
        cluster,
        startedBy,
        request: (order) => templateOf(order).request(order),
        adopt: adoptStrays(journal, config.workerSchedulerAddress.text, log, doubts),
      },
      log,
    );
    closeAws = connected.close;
    return connected;
  };
  let loading: ReturnType<typeof loadAws> | undefined;
  const aws = () => {
    loading ??= loadAws();
    return loading;
  };

  log.info(
    {
      manager: config.workerManagerId,
      scheduler: config.schedulerAddress.text,
      transport: config.networkBackend,
      mark: startedBy,
      cluster,
      stateDir: config.stateDir,
      capacity: describeCapacity(config),
      known: recovered.owned.length,
      openLaunches: recovered.resend.length,
    },
    'daemon.starts',
  );
  if (config.tls.insecure && someAreEncrypted([config.schedulerAddress, config.monitorAddress]))
    log.warn({}, 'tls.notChecked');

  const trusting =
    (connect: Connect): Connect =>
    (options, handlers) =>
      connect({ ...options, tls: config.tls }, handlers);
  const connectOver = (zmq: Connect): Connect =>
    trusting({ auto: connectAuto(zmq), ymq: connectYmq, zmq }[config.networkBackend]);

  const cancellationHold = createCancellationHold();
  const observe = stateObserver(log, config.logging.level === 'DEBUG');
  // Loaded only when asked for: its libraries would delay the first heartbeat.
  const inspection = config.inspect
    ? await (await import('../telemetry/inspector/inspect.ts')).startInspection(log)
    : null;

  const actor = createActor(
    provide({
      socket: {
        connect: connectOver(connectDealer),
        address: config.schedulerAddress,
        identity,
      },
      monitor: {
        // It may be another than the scheduler's own: up to 2.1.3 it is ZeroMQ in any case.
        connect: trusting(connectAuto(connectSubscriber)),
        address: config.monitorAddress,
      },
      journal,
      requestHash: templates.hash,
      runTask: async (order, signal) => (await aws()).runTask(order, signal),
      stopTask: async (taskArn, reason, signal) => {
        await cancellationHold.waitUntilSettled(taskIdOf(taskArn), signal);
        await (await aws()).stopTask(taskArn, reason, signal);
      },
      describeTasks: async (taskArns, signal) => (await aws()).describeTasks(taskArns, signal),
      survey: async (signal) => (await aws()).survey(signal),
      prepare: async (signal) => (await aws()).prepare(signal),
      identified: templates.identified,
      connection(status) {
        connection = status;
      },
      loads: cancellationHold.keepLoads,
      heartbeatSent: () => firstBeat.abort(),
      log,
    }),
    {
      input: {
        session: sessionSettings(config, {
          workerRelease: templates.workerRelease,
          responsePending: mayOweResponse(journal),
        }),
        monitor: { workerManagerId: config.workerManagerId },
        stopTimeoutMs: config.stopTimeoutSeconds * 1000,
        leaveRunning: config.sigtermPolicy === 'leave',
        fleet: { ...recovered, settings: managerSettings(config) },
      },
      inspect: (event) => {
        observe(event);
        inspection?.observe(event);
      },
    },
  );
  actor.subscribe({ error: (error) => log.error({ error }, 'daemon.crashed') });
  onStop(() => actor.send({ type: 'daemon.stop' }));
  actor.start();

  const { status, crash } = await toPromise(actor).catch((error: unknown) => ({
    status: 1,
    crash: String(error),
  }));
  const left = [
    ...journal.ledger.groups().map(({ taskArn }) => taskArn),
    ...journal.ledger.openLaunches().map(({ label }) => `launch ${label}`),
  ];
  if (crash !== null) log.error({ crash }, 'daemon.crashed');
  log[left.length > 0 ? 'warn' : 'info']({ left: left.length, still: left }, 'daemon.ends');
  await inspection?.close();
  await journal.close();
  stateDir.release();
  closeAws();
  return status;
};
