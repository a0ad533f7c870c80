import { randomBytes, randomUUID } from 'node:crypto';
import { clearInterval, setInterval } from 'node:timers';
import { createActor } from 'xstate';
import { whyUnseen } from '../../machines/daemon/callsShown.ts';
import type { DaemonInput } from '../../machines/daemon/daemon.ts';
import { placesElsewhere, unlistedIn } from '../../machines/recovery/places.ts';
import { firstListWait, mayOweResponse } from '../../machines/recovery/startup.ts';
import { deadAtStart } from '../../machines/scheduler/deadWorkers.ts';
import type { LaunchOrder } from '../../machines/shared/domain.ts';
import { ambiguousLimitOf, type Config, describeCapacity } from '../config/config.ts';
import { anyIsEncrypted } from '../config/tls.ts';
import { now } from '../shared/clock.ts';
import { loadIdentity } from '../store/identity.ts';
import { type Journal, openJournal } from '../store/journal.ts';
import type { LedgerView } from '../store/ledger.ts';
import { openStateDir } from '../store/stateDir.ts';
import { withConclusions } from '../telemetry/conclusions.ts';
import { type Log, severalLogs } from '../telemetry/log.ts';
import { stateLogger } from '../telemetry/stateLogger.ts';
import { checkTransport, connectionsFor } from './connections.ts';
import { createObservers, openControl } from './control/openControl.ts';
import { withStateDir } from './fleetStateDir.ts';
import { rememberCalls } from './lastCalls.ts';
import { lateAws } from './lateAws.ts';
import { createTemplates, type Templates } from './launchTemplates.ts';
import { managerSettings, sessionSettings } from './managerSettings.ts';
import {
  closeInOrder,
  outcomeOf,
  passStops,
  remainingIn,
  reportEnd,
  stopViewOf,
} from './shutdown.ts';
import { reportSiblingTasks } from './siblingTasks.ts';
import type { OnRetry, OnStop } from './signals.ts';
import { fleetIn, spendingSource } from './spendingSource.ts';
import { recover } from './startup.ts';
import { stopTimeoutCheck } from './stopTime.ts';
import { factsOf } from './watch/managerFacts.ts';
import type { ManagerWatch } from './watch/managerWatch.ts';
import { provide } from './wiring.ts';

const summaryTickMs = 1000;

/** Runs one worker manager to its end. Resolves to the exit status. */
export async function runDaemon(
  given: Config,
  destination: Log,
  onStop: OnStop,
  watch: ManagerWatch | null = null,
  onRetry: OnRetry = () => {},
): Promise<number> {
  const config = withStateDir(given);
  const epoch = randomBytes(6).toString('hex');
  const observers = createObservers(epoch);
  const watching = watch?.log ? [watch.log] : [];
  const inspection = await openInspection(config, destination);
  if (inspection) watching.push(inspection.log);
  const logs = severalLogs([destination, observers.feed.log, ...watching]);
  const spending = spendingSource();
  const log = withConclusions(logs, now, spending.read);
  const settings = managerSettings(config);
  const templates = createTemplates(config);
  const { warning } = templates.check();
  if (warning) log.report('launchTemplate.large', { warning });

  await checkTransport(config);
  const { stateDir, journal, identity } = await openStore(config, log);
  const template = templateFinder(journal, templates);
  const { cluster, startedBy } = templates;
  const home = { region: config.aws.region, cluster, tag: startedBy };
  const elsewhere = () => placesElsewhere(journal.ledger, home);
  const recovered = recover(journal, {
    ...{ at: now(), epoch, home },
    requestHashOf: (order) => template(order).hash(order),
  });
  const shortFor = stopTimeoutCheck(config);
  const checkStopTimeout = (tasks: number) => {
    const short = shortFor(tasks);
    if (short) log.report('stopTimeout.short', short);
  };
  reportStart(config, templates, { journal, recovered }, log);
  checkStopTimeout(config.capacity.maxTasks ?? recovered.owned.length);

  let onHeartbeatSent = () => {};
  const heartbeatSent = new Promise<void>((resolve) => {
    onHeartbeatSent = resolve;
  });
  const aws = lateAws(heartbeatSent, (connectAws) =>
    connectAws(
      config,
      {
        cluster: templates.cluster,
        startedBy: templates.startedBy,
        elsewhere,
        request: (order) => template(order).request(order),
        isOwned: (taskArn) => journal.ledger.owner(taskArn) !== undefined,
      },
      log,
    ),
  );

  const { operations, callsShown } = rememberCalls(aws);
  const { retryNow } = aws;
  const neighbours = {
    ...{ identity, journal, template, operations, retryNow, heartbeatSent: onHeartbeatSent },
  };
  const machine = machineWith(config, neighbours, log);

  const logStates = stateLogger(log, config.logging.level === 'DEBUG');
  const actor = createActor(machine, {
    input: inputOf(config, templates, journal, { ...recovered, settings }),
    inspect: (event) => {
      logStates(event);
      inspection?.observe(event);
    },
  });
  spending.readFrom(() => fleetIn(actor.getSnapshot()));
  const outcome = outcomeOf(actor);
  const { ledger } = journal;
  const summaries = setInterval(() => {
    log.tick();
    checkStopTimeout(ledger.groupCount);
  }, summaryTickMs);
  actor.start();
  const control = openControl({
    ...{ config, templates, ledger, root: actor, observers, heartbeatSent, log },
  });
  watch?.started({
    facts: () => factsOf(actor.getSnapshot()),
    limits: aws.limits,
  });
  const facts = { ledger, callsShown, config, view: () => stopViewOf(actor.getSnapshot()) };
  const endStops = passStops(actor, onStop, facts, log);

  onRetry(() => {
    log.report('retry.requested', {});
    actor.send({ type: 'fleet.retryNow' });
  });

  const ending = new AbortController();
  const { describeTasks: describe } = aws;
  const siblings = {
    ...{ stateDir: config.stateDir, mark: templates.startedBy, describe, log },
    unlistedIn: (other: LedgerView) => unlistedIn(other, home, elsewhere().clusters),
  };
  void reportSiblingTasks(siblings, ending.signal);

  const { status, crash, looked, leftOnPurpose } = await outcome;
  ending.abort();
  endStops();
  clearInterval(summaries);
  const unseen = looked || leftOnPurpose ? null : whyUnseen(callsShown());
  reportEnd({ crash, remaining: remainingIn(ledger), looked, unseen }, log);
  await closeInOrder({ control, inspection, journal, stateDir, aws }, crash !== null);
  return status;
}

type Recovered = ReturnType<typeof recover>;

async function openStore(config: Config, log: Log) {
  const stateDir = await openStateDir(config.stateDir, log);
  // Before the identity is made: one without a journal shows that the journal is lost.
  const journal = await openJournal(config.stateDir, log);
  const identity = loadIdentity(config.stateDir, newIdentity, log);
  return { stateDir, journal, identity };
}

/** The root machine with the effects that speak to the scheduler, to AWS and to the journal. */
function machineWith(
  config: Config,
  {
    identity,
    journal,
    template,
    operations,
    retryNow,
    heartbeatSent,
  }: {
    identity: string;
    journal: Journal;
    template: ReturnType<typeof templateFinder>;
    operations: ReturnType<typeof rememberCalls>['operations'];
    retryNow: () => void;
    heartbeatSent: () => void;
  },
  log: Log,
) {
  const connections = connectionsFor(config, log);
  return provide({
    socket: { connect: connections.scheduler, address: config.schedulerAddress, identity },
    monitor: { connect: connections.monitor, address: config.monitorAddress },
    journal,
    ambiguousLimit: ambiguousLimitOf(config),
    requestHash: (order) => template(order).hash(order),
    placeOf: (order) => template(order),
    takeTurn: operations.takeTurn,
    runTask: operations.runTask,
    stopTask: operations.stopTask,
    describeTasks: operations.describeTasks,
    list: operations.list,
    prepare: operations.prepare,
    retryNow,
    heartbeatSent,
    log,
  });
}

function newIdentity(): string {
  return `scaler-ecs|${randomUUID().replaceAll('-', '')}`;
}

/** A launch is sent, and sent again, as it was journaled, whatever has been found out since. */
export function templateFinder({ ledger }: Pick<Journal, 'ledger'>, templates: Templates) {
  return (order: LaunchOrder) => {
    const record = ledger.openLaunch(order.label);
    return (record && templates.made(order, record)) ?? templates.templateOf(order);
  };
}

function reportStart(
  config: Config,
  templates: Templates,
  { journal, recovered }: { journal: Journal; recovered: Recovered },
  log: Log,
): void {
  log.report('daemon.started', {
    manager: config.workerManagerId,
    scheduler: config.schedulerAddress.text,
    transport: config.networkBackend,
    tag: templates.startedBy,
    cluster: templates.cluster,
    stateDir: config.stateDir,
    capacity: describeCapacity(config),
    known: recovered.owned.length,
    openLaunches: recovered.resend.length,
  });
  const wait = firstListWait(journal, recovered, config.settleSeconds * 1000);
  if (wait) log.report('inventory.waiting', wait);
  if (config.tls.insecure && anyIsEncrypted([config.schedulerAddress, config.monitorAddress]))
    log.report('tls.certificatesNotChecked', {});
}

/** Loaded only when asked for: its libraries would delay the first heartbeat. */
async function openInspection(config: Config, log: Log) {
  if (!config.inspect) return null;
  const { startInspection } = await import('../telemetry/inspector/inspect.ts');
  const { alsoShown } = await import('./alsoShown.ts');
  return startInspection(log, {
    ...{ of: config.workerManagerId, port: config.inspectPort, alsoShown },
  });
}

export function inputOf(
  config: Config,
  templates: Templates,
  journal: Pick<Journal, 'found' | 'ledger' | 'writtenAt'>,
  fleet: DaemonInput['fleet'],
): DaemonInput {
  return {
    session: sessionSettings(config, {
      workerRelease: templates.workerRelease,
      responsePending: mayOweResponse(journal),
    }),
    monitor: {
      workerManagerId: config.workerManagerId,
      dead: deadAtStart(journal.ledger.history(), {
        at: fleet.startedAt,
        writtenAt: journal.writtenAt,
      }),
    },
    stopTimeoutMs: config.stopTimeoutSeconds * 1000,
    leaveRunning: config.sigtermPolicy === 'leave',
    fleet,
  };
}
