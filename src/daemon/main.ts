import { randomBytes, randomUUID } from 'node:crypto';
import { createActor } from 'xstate';
import type { DaemonInput } from '../../machines/daemon/daemon.ts';
import type { LaunchOrder } from '../../machines/shared/domain.ts';
import { advertisedWorkers, type Config, describeCapacity } from '../config/config.ts';
import { someAreEncrypted } from '../config/trust.ts';
import { now } from '../shared/clock.ts';
import { loadIdentity } from '../store/identity.ts';
import { type Journal, openJournal } from '../store/journal.ts';
import { openStateDir } from '../store/stateDir.ts';
import type { Log } from '../telemetry/log.ts';
import { stateLogger } from '../telemetry/stateLogger.ts';
import { monitorConnect, schedulerConnect, watchFirstSend } from './connections.ts';
import { lateAws } from './lateAws.ts';
import { createTemplates, type Templates } from './launchTemplates.ts';
import { managerSettings } from './managerSettings.ts';
import { adoptStrays, type Doubts, foreignTo } from './ownership.ts';
import { createSchedulerFacts } from './schedulerFacts.ts';
import {
  closeInOrder,
  crashOf,
  type End,
  exitStatus,
  type OnStop,
  onSignal,
  passStops,
  remainingIn,
  reportEnd,
} from './shutdown.ts';
import { recover } from './startup.ts';
import { provide } from './wiring.ts';

/** Runs one worker manager to its end. Resolves to the exit status. */
export async function runDaemon(
  config: Config,
  log: Log,
  onStop: OnStop = onSignal,
): Promise<number> {
  const templates = createTemplates(config);
  const { warning } = templates.check();
  if (warning) log.report('launchTemplate.large', { warning });

  const stateDir = openStateDir(config.stateDir, log);
  const identity = loadIdentity(config.stateDir, newIdentity, log);
  const journal = await openJournal(config.stateDir, log);
  const template = templateFinder(journal, templates);
  const epoch = randomBytes(6).toString('hex');
  const openBefore = new Set(journal.ledger.openLaunches().map(({ label }) => label));
  const recovered = recover(journal, {
    at: now(),
    epoch,
    requestHashOf: (order) => template(order).hash(order),
  });
  reportStart(config, templates, recovered, log);

  const facts = createSchedulerFacts(journal.ledger);
  const { connect, firstSend } = watchFirstSend(schedulerConnect(config));
  const doubts: Doubts = {
    unanswered: facts.isUnanswered,
    foreign: foreignTo(
      recovered.startedAt,
      (label) => label.startsWith(`${epoch}-`) || openBefore.has(label),
    ),
  };
  const aws = lateAws(firstSend, (connectAws) =>
    connectAws(
      config,
      {
        cluster: templates.cluster,
        startedBy: templates.startedBy,
        request: (order) => template(order).request(order),
        adopt: adoptStrays(journal, config.workerSchedulerAddress.text, log, doubts),
      },
      log,
    ),
  );

  const machine = provide({
    socket: {
      connect,
      address: config.schedulerAddress,
      identity,
      workerManagerID: config.workerManagerId,
      capabilities: config.capabilities,
      maxTasks: config.capacity.maxTasks,
      workersPerTask: config.capacity.workersPerTask,
      // The answer to a start follows its launch: these launches have none yet.
      owing: recovered.resend.length > 0,
      found: templates.found,
      ...facts.socket,
    },
    monitor: {
      connect: monitorConnect(config),
      address: config.monitorAddress,
      workerManagerID: config.workerManagerId,
      ...facts.monitor,
    },
    journal,
    requestHash: templates.hash,
    runTask: aws.runTask,
    stopTask: async (taskArn, reason, signal) => {
      await facts.cancellationsOver(taskArn, signal);
      await aws.stopTask(taskArn, reason, signal);
    },
    describeTasks: aws.describeTasks,
    survey: facts.watchInventory(aws.survey),
    prepare: aws.prepare,
    log,
  });

  const inspection = await openInspection(config, log);
  const logStates = stateLogger(log, config.logging.level === 'DEBUG');
  const actor = createActor(machine, {
    input: inputOf(config, recovered),
    inspect: (event) => {
      logStates(event);
      inspection?.observe(event);
    },
  });
  const crashed = crashOf(actor);
  const stop = passStops(actor, onStop);
  actor.start();

  const end: End = {
    crash: await crashed,
    remaining: remainingIn(journal.ledger),
    leftOnPurpose: stop.aborted && config.sigtermPolicy === 'leave',
  };
  reportEnd(end, log);
  await closeInOrder({ inspection, journal, stateDir, aws });
  return exitStatus(end);
}

type Recovered = ReturnType<typeof recover>;

function newIdentity(): string {
  return `scaler-ecs|${randomUUID().replaceAll('-', '')}`;
}

/** A launch is sent, and sent again, as it was journaled, whatever has been found out since. */
function templateFinder({ ledger }: Journal, templates: Templates) {
  return (order: LaunchOrder) => {
    const record = ledger.openLaunch(order.label);
    return (record && templates.made(order, record.requestHash)) ?? templates.current();
  };
}

function reportStart(config: Config, templates: Templates, recovered: Recovered, log: Log): void {
  log.report('daemon.started', {
    manager: config.workerManagerId,
    scheduler: config.schedulerAddress.text,
    transport: config.networkBackend,
    mark: templates.startedBy,
    cluster: templates.cluster,
    stateDir: config.stateDir,
    capacity: describeCapacity(config),
    known: recovered.owned.length,
    openLaunches: recovered.resend.length,
  });
  if (config.tls.insecure && someAreEncrypted([config.schedulerAddress, config.monitorAddress]))
    log.report('tls.certificatesNotChecked', {});
}

/** Loaded only when asked for: its libraries would delay the first heartbeat. */
async function openInspection(config: Config, log: Log) {
  if (!config.inspect) return null;
  const { startInspection } = await import('../telemetry/inspector/inspect.ts');
  return startInspection(log);
}

function inputOf(config: Config, recovered: Recovered): DaemonInput {
  return {
    workers: advertisedWorkers(config),
    heartbeatIntervalMs: config.heartbeatIntervalSeconds * 1000,
    stopTimeoutMs: config.stopTimeoutSeconds * 1000,
    leaveRunning: config.sigtermPolicy === 'leave',
    manager: { ...recovered, settings: managerSettings(config) },
  };
}
