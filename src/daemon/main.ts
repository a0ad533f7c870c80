import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createActor, toPromise } from 'xstate';
import type { ConnectionStatus } from '../../machines/fleet/adoption.ts';
import type { WorkerLoad } from '../../machines/scheduler/messages.ts';
import type { LaunchOrder } from '../../machines/shared/domain.ts';
import { noteOf } from '../../machines/shared/failure.ts';
import { taskIdOf } from '../../machines/shared/ids.ts';
import { advertisedWorkers, type Config, describeCapacity } from '../config/config.ts';
import { someAreEncrypted } from '../config/trust.ts';
import { cancelKeeper } from '../scheduler/cancellations.ts';
import { graveyard } from '../scheduler/deadWorkers.ts';
import type { GroupsSight } from '../scheduler/monitorSocket.ts';
import type { Line } from '../scheduler/schedulerSocket.ts';
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
import { createTemplates } from './launchTemplates.ts';
import { managerSettings } from './managerSettings.ts';
import { recover } from './startup.ts';
import { provide } from './wiring.ts';

/** Calls back once per request to stop: first in order, then at once. */
export type OnStop = (listener: () => void) => void;

const onSignal: OnStop = (listener) => {
  process.on('SIGTERM', listener);
  process.on('SIGINT', listener);
};

const connectionStatus = {
  closed: 'closed',
  unanswered: 'unacknowledged',
  answered: 'ready',
  contested: 'conflict',
} as const satisfies Record<Line, ConnectionStatus>;

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
  const recovered = recover(journal, {
    at: now(),
    epoch,
    requestHashOf: (order) => templateOf(order).hash(order),
  });

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

  const loads = new Map<string, WorkerLoad>();
  let groups: GroupsSight | null = null;
  let complete = false;
  const cancels = cancelKeeper();
  const graves = graveyard(cancels);
  const ours = () => journal.ledger.groups().map(({ taskArn }) => taskIdOf(taskArn));
  const trusting =
    (connect: Connect): Connect =>
    (options, handlers) =>
      connect({ ...options, tls: config.tls }, handlers);
  const connectOver = (zmq: Connect): Connect =>
    trusting({ auto: connectAuto(zmq), ymq: connectYmq, zmq }[config.networkBackend]);

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
        workerManagerID: config.workerManagerId,
        capabilities: config.capabilities,
        maxTasks: config.capacity.maxTasks,
        workersPerTask: config.capacity.workersPerTask,
        // A start is answered when its launch is: these were not.
        owing: recovered.resend.length > 0,
        found: templates.found,
        graves,
        sight: () => ({ at: now(), ours: new Set(ours()), loads, complete, groups }),
        line(state) {
          const status = connectionStatus[state];
          actor.send({ type: 'scheduler.connection', at: now(), status });
        },
      },
      monitor: {
        // It may be another than the scheduler's own: up to 2.1.3 it is ZeroMQ in any case.
        connect: trusting(connectAuto(connectSubscriber)),
        address: config.monitorAddress,
        workerManagerID: config.workerManagerId,
        ours,
        grouped(shown) {
          groups = shown;
        },
        whole(message) {
          for (const keeper of [cancels, graves])
            if (message === null) keeper.clear();
            else keeper.hear(message);
        },
        heard(changed) {
          if (changed === null) loads.clear();
          for (const [taskId, load] of Object.entries(changed ?? {})) loads.set(taskId, load);
        },
      },
      journal,
      requestHash: templates.hash,
      runTask: async (order, signal) => (await aws()).runTask(order, signal),
      stopTask: async (taskArn, reason, signal) => {
        await cancels.over(taskIdOf(taskArn), signal);
        await (await aws()).stopTask(taskArn, reason, signal);
      },
      describeTasks: async (taskArns, signal) => (await aws()).describeTasks(taskArns, signal),
      list: async (signal) => {
        try {
          const list = await (await aws()).list(signal);
          complete = true;
          return list;
        } catch (error) {
          // Then nobody will ever know more.
          complete ||= noteOf(error).kind === 'denied';
          throw error;
        }
      },
      prepare: async (signal) => (await aws()).prepare(signal),
      log,
    }),
    {
      input: {
        workers: advertisedWorkers(config),
        heartbeatIntervalMs: config.heartbeatIntervalSeconds * 1000,
        stopTimeoutMs: config.stopTimeoutSeconds * 1000,
        leaveRunning: config.sigtermPolicy === 'leave',
        fleet: { ...recovered, settings: managerSettings(config) },
      },
      inspect: (event) => {
        if (event.type === '@xstate.event' && event.event.type === 'socket.beat') firstBeat.abort();
        observe(event);
        inspection?.observe(event);
      },
    },
  );
  actor.subscribe({ error: (error) => log.error({ error }, 'daemon.crashed') });
  let leaving = false;
  onStop(() => {
    leaving = config.sigtermPolicy === 'leave';
    actor.send({ type: 'daemon.stop' });
  });
  actor.start();

  const crash = await toPromise(actor).then(
    (end) => end.crash,
    (error: unknown) => String(error),
  );
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
  return crash === null && (left.length === 0 || leaving) ? 0 : 1;
};
