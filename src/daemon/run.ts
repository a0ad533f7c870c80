import { randomBytes, randomUUID } from 'node:crypto';
import { createActor, toPromise } from 'xstate';
import { bootstrap } from '../bootstrap/bootstrap.ts';
import { createIamClient } from '../bootstrap/iamClient.ts';
import { now } from '../clock.ts';
import { advertisedWorkers, type Config, describeCapacity } from '../config/config.ts';
import { createCaller } from '../ecs/caller.ts';
import { clientOptions, createEcsClient } from '../ecs/client.ts';
import { describeTasks } from '../ecs/describeTasks.ts';
import { createLimiter } from '../ecs/limiter.ts';
import { listOurs } from '../ecs/listTasks.ts';
import { runTask } from '../ecs/runTask.ts';
import { stopTask } from '../ecs/stopTask.ts';
import { systemClock } from '../ecs/systemClock.ts';
import { createTemplate } from '../ecs/template.ts';
import { connectDealer } from '../net/dealer.ts';
import { connectSubscriber } from '../net/subscriber.ts';
import { connectYmq } from '../net/ymq.ts';
import type { Log } from '../observe/log.ts';
import { loadIdentity } from '../store/identity.ts';
import { openJournal } from '../store/journal.ts';
import { openStateDir } from '../store/stateDir.ts';
import { stateObserver } from './observer.ts';
import { adoptStrays, taskIdOf } from './ownership.ts';
import { provide } from './provide.ts';
import { recover } from './recover.ts';
import { bootstrapSettings, callRates, managerSettings, templateSettings } from './settings.ts';

/** Calls back once per request to stop: first in order, then at once. */
export type OnStop = (listener: () => void) => void;

const onSignal: OnStop = (listener) => {
  process.on('SIGTERM', listener);
  process.on('SIGINT', listener);
};

/** Runs one worker manager to its end. Resolves to the exit status: 0 when nothing of ours is left. */
export const runDaemon = async (
  config: Config,
  log: Log,
  onStop: OnStop = onSignal,
): Promise<number> => {
  const template = createTemplate(templateSettings(config));
  const { warning } = template.check();
  if (warning) log.warn({ warning }, 'template.large');

  const stateDir = openStateDir(config.stateDir, log);
  const identity = loadIdentity(
    config.stateDir,
    () => `scaler-ecs|${randomUUID().replaceAll('-', '')}`,
    log,
  );
  const journal = await openJournal(config.stateDir, log);
  const recovered = recover(journal, {
    at: now(),
    epoch: randomBytes(6).toString('hex'),
    requestHashOf: template.hash,
  });

  const aws = {
    region: config.aws.region,
    credentials: config.aws.credentials ?? undefined,
  };
  const ecs = createEcsClient(aws);
  const iam = createIamClient(clientOptions(aws));
  const limiter = createLimiter(systemClock, callRates(config));
  const call = createCaller({ limiter, clock: systemClock, log });
  const { cluster, startedBy } = template;
  const list = listOurs(ecs, call, cluster, systemClock, log);
  const adopt = adoptStrays(journal, config.workerSchedulerAddress.text, log);
  const stop = stopTask(ecs, call, cluster);

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

  const observe = stateObserver(log);
  // Loaded only when asked for: its libraries would delay the first heartbeat.
  const inspection = config.inspect
    ? await (await import('../observe/inspect.ts')).startInspection(log)
    : null;

  const actor = createActor(
    provide({
      socket: {
        connect: config.networkBackend === 'zmq' ? connectDealer : connectYmq,
        address: config.schedulerAddress,
        identity,
        heartbeat: {
          capabilities: config.capabilities,
          workerManagerID: config.workerManagerId,
        },
      },
      monitor: {
        connect: config.networkBackend === 'zmq' ? connectSubscriber : connectYmq,
        address: config.monitorAddress,
        ours: () => journal.ledger.groups().map(({ taskArn }) => taskIdOf(taskArn)),
      },
      journal,
      requestHash: template.hash,
      runTask: runTask(ecs, call, template),
      stopTask: stop,
      describeTasks: describeTasks(ecs, call, cluster, log),
      survey: async (signal) => {
        const from = now();
        return adopt(from, await list(startedBy, signal));
      },
      prepare: (signal) =>
        bootstrap(bootstrapSettings(config), { ecs, iam, call, clock: systemClock, log }, signal),
      log,
    }),
    {
      input: {
        workers: advertisedWorkers(config),
        heartbeatIntervalMs: config.heartbeatIntervalSeconds * 1000,
        stopTimeoutMs: config.stopTimeoutSeconds * 1000,
        leaveRunning: config.sigtermPolicy === 'leave',
        manager: { ...recovered, settings: managerSettings(config) },
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
  ecs.destroy();
  iam.destroy();
  return crash === null && left.length === 0 ? 0 : 1;
};
