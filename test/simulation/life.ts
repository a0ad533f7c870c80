import type { ECSClient } from '@aws-sdk/client-ecs';
import { type AnyActor, type AnyStateMachine, createActor, fromCallback } from 'xstate';
import { taskListOf } from '../../machines/fleet/listedTasks.ts';
import type { Fleet } from '../../machines/fleet/state.ts';
import { readList } from '../../machines/fleet/taskLists.ts';
import { placesElsewhere, unlistedIn } from '../../machines/recovery/places.ts';
import { mayOweResponse } from '../../machines/recovery/startup.ts';
import { deadAtStart } from '../../machines/scheduler/deadWorkers.ts';
import type { LaunchOrder, ListedTask } from '../../machines/shared/domain.ts';
import { createCaller } from '../../src/aws/caller.ts';
import { EcsFailure } from '../../src/aws/errors.ts';
import { createLimiter } from '../../src/aws/limiter.ts';
import type { Clock } from '../../src/aws/systemClock.ts';
import { describeTasks } from '../../src/aws/tasks/describeTasks.ts';
import { listTasks } from '../../src/aws/tasks/listTasks.ts';
import { runTask } from '../../src/aws/tasks/runTask.ts';
import { stopTask } from '../../src/aws/tasks/stopTask.ts';
import { createTurns } from '../../src/aws/turns.ts';
import { createTemplates } from '../../src/daemon/launchTemplates.ts';
import { answerByOurClock, byOurClock } from '../../src/daemon/ledgerEffects.ts';
import { callRates, managerSettings, sessionSettings } from '../../src/daemon/managerSettings.ts';
import { reportSiblingTasks } from '../../src/daemon/siblingTasks.ts';
import { recover } from '../../src/daemon/startup.ts';
import { provide } from '../../src/daemon/wiring.ts';
import { now } from '../../src/shared/clock.ts';
import type { Files } from '../../src/store/files.ts';
import { type Journal, openJournal } from '../../src/store/journal.ts';
import type { JournalRecord } from '../../src/store/records.ts';
import { levelOf } from '../../src/telemetry/events.ts';
import type { Recorder } from '../../src/telemetry/inspector/recorder.ts';
import type { Log } from '../../src/telemetry/log.ts';
import { type Agenda, type Entry, never, type Owner } from './agenda.ts';
import { stateDirectory } from './disk.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler/scheduler.ts';
import type { SimulationSettings } from './script.ts';
import { configOf } from './settings.ts';
import type { Siblings } from './siblings.ts';
import {
  type ConnectionEvents,
  simulatedMonitorSocket,
  simulatedSocket,
} from './simulatedSockets.ts';

/** The life before ended in order; it did not; there is no journal; the same, and the cluster is only created now. */
export type StartKind = 'closed' | 'unclosed' | 'lost' | 'first';

/** `looked`: it does not say that it could not look at ECS. */
export interface LifeEnd {
  status: number;
  looked: boolean;
}

/** What one life of the daemon lets the world see. */
export interface LifeEvents extends ConnectionEvents {
  /** What the state directory says of the life before. */
  starts(kind: StartKind): void;
  /** A launch that this life has thought of, before anything else happens to it. */
  decided(label: string): void;
  recorded(record: JournalRecord): void;
  inventoried(startedAt: number): void;
  /** A list goes without this cluster of earlier settings. */
  clusterLeftOut(cluster: string): void;
  inventoryFailed(denied: boolean): void;
  logged(level: 'info' | 'warn' | 'error', fields: object, text: string): void;
  ended(end: LifeEnd): void;
}

export interface Life {
  owner: Owner;
  startedAt: number;
  /** Null until the journal is read. */
  actor: ReturnType<typeof createActor> | null;
  journal: Journal | null;
  openAtStart: Set<string>;
  foundJournal: boolean;
  stopAskedAt: number | null;
  /** The next life begins so long after the end of this one; null: not by that. */
  restartMs: number | null;
  ended: boolean;
}

export interface LifeTools {
  agenda: Agenda;
  random: Random;
  filesOf: (owner: Owner) => Files;
  ecsOf: (owner: Owner) => Pick<ECSClient, 'send'>;
  scheduler: Scheduler;
  /** The name under which this state directory connects. */
  identity: string;
  settings: SimulationSettings;
  epoch: string;
  /** Other state directories beside its own. */
  siblings: Pick<Siblings, 'find' | 'hasAny'>;
  /** It makes its identity, if there is none. */
  journalRead: () => void;
  /** The cluster is only created by this start. */
  createsCluster: boolean;
  /** Takes all that happens, to be watched later; null: nothing does. */
  recorder: Recorder | null;
  /** Preparing AWS makes the cluster, if there is none. */
  createCluster: () => void;
  /** What is in the way of preparing AWS; null: nothing. */
  prepareTrouble: () => 'unreachable' | 'denied' | null;
}

/** Lets so much time of a process pass; `wait` says whether it is its own timer that ends it, or something that it reads. */
const sleepOf =
  (wait: Agenda['timer'], owner: Owner, cancel: Agenda['cancel']): Clock['sleep'] =>
  (ms, signal) =>
    owner.dead
      ? never()
      : new Promise((resolve, reject) => {
          if (signal.aborted) return reject(signal.reason);
          const abort = () => {
            cancel(entry);
            reject(signal.reason);
          };
          const wake = () => {
            signal.removeEventListener('abort', abort);
            resolve();
          };
          const entry = wait(ms, wake, owner);
          signal.addEventListener('abort', abort, { once: true });
        });

export const clockOf = ({ timer, cancel }: Agenda, owner: Owner): Clock => ({
  now,
  sleep: sleepOf(timer, owner, cancel),
});

const tickMs = 1000;

const tickerOf = (owner: Owner, agenda: Agenda) =>
  fromCallback(({ sendBack }) => {
    let entry: Entry | null = null;
    const tick = () => {
      entry = agenda.timer(tickMs, tick, owner);
      sendBack({ type: 'tick', now: now() });
    };
    tick();
    return () => {
      if (entry) agenda.cancel(entry);
    };
  });

type Provided = { implementations: { actors: Record<string, AnyStateMachine> } };

const fleetOf = (daemon: AnyActor): Fleet =>
  daemon.getSnapshot().children.fleetManager?.getSnapshot().context;

/** From the state directory to a running actor tree, wired as src/daemon/run wires it. */
export const startLife = (tools: LifeTools, events: LifeEvents): Life => {
  const { agenda, random, scheduler, identity, settings, epoch } = tools;
  const owner: Owner = { dead: false };
  const files = tools.filesOf(owner);
  const ecs = tools.ecsOf(owner);
  const life: Life = {
    owner,
    startedAt: agenda.now(),
    actor: null,
    journal: null,
    openAtStart: new Set(),
    foundJournal: false,
    stopAskedAt: null,
    restartMs: null,
    ended: false,
  };
  const log: Log = {
    report(name, fields) {
      const level = levelOf(name, fields);
      if (!owner.dead) tools.recorder?.log.report(name, fields);
      if (!owner.dead && level !== 'debug') events.logged(level, fields, name);
    },
  };

  const start = async (): Promise<void> => {
    const journal = await openJournal(stateDirectory, log, {
      files,
      now,
      pause: () =>
        owner.dead ? never() : new Promise((resolve) => agenda.after(0, resolve, owner)),
      wait: (ms) =>
        owner.dead ? never() : new Promise((resolve) => agenda.after(ms, resolve, owner)),
      smallest: 4096,
    });
    const watched: Journal = {
      ...journal,
      // What a killed process would have written next, and what it would have learned, never happens.
      append(record) {
        if (owner.dead) return never();
        // A launch of an earlier life that is written again is no new decision.
        if (record.kind === 'launch' && life.openAtStart.has(record.label))
          return journal.append(record);
        if (record.kind === 'launch') events.decided(record.label);
        events.recorded(record);
        return journal.append(record);
      },
      note(record) {
        if (owner.dead) return [];
        events.recorded(record);
        return journal.note(record);
      },
    };
    life.journal = journal;
    tools.journalRead();
    life.foundJournal = journal.found !== 'none' && journal.found !== 'lost';
    if (life.foundJournal) events.starts(journal.closedBefore ? 'closed' : 'unclosed');
    else events.starts(tools.createsCluster ? 'first' : 'lost');
    life.openAtStart = new Set(journal.ledger.openLaunches().map(({ label }) => label));

    const clock = clockOf(agenda, owner);
    const answered = sleepOf(agenda.after, owner, agenda.cancel);
    const config = configOf(settings);
    const templates = createTemplates(config);
    const templateOf = (order: LaunchOrder) => {
      const record = journal.ledger.openLaunch(order.label);
      return (record && templates.made(order, record)) ?? templates.templateOf(order);
    };
    const { cluster, startedBy } = templates;
    const home = { region: config.aws.region, cluster, tag: startedBy };
    const elsewhere = () => placesElsewhere(journal.ledger, home);
    const recovered = recover(watched, {
      ...{ at: now(), epoch, home },
      requestHashOf: (order) => templateOf(order).hash(order),
    });
    const scarce = { burst: 3, perSecond: 0.5 };
    const rates = settings.scarceCalls ? { modify: scarce, launch: scarce } : callRates(config);
    const limiter = createLimiter(clock, rates);
    const turns = createTurns(limiter, clock, log);
    const call = createCaller({ limiter, turns, clock, log, random: random.next });
    const ownAccount = () => '123456789012';
    const list = listTasks(
      ecs,
      call,
      templates.cluster,
      clock,
      log,
      { places: elsewhere, ownAccount },
      (taskArn) => journal.ledger.owner(taskArn) !== undefined,
    );
    const run = runTask(ecs, call, {
      request: (order: LaunchOrder) => templateOf(order).request(order),
    });
    const stop = stopTask(ecs, call, templates.cluster, { ownAccount });
    const describe = describeTasks(ecs, call, templates.cluster, ownAccount);
    /** As the SDK measures it at every answer: AWS keeps the time of the agenda, and a host's clock may be set. */
    const aheadMs = () => agenda.now() - now();

    const machine = provide({
      // Replaced below: no bytes here.
      socket: {} as never,
      monitor: {} as never,
      journal: watched,
      requestHash: (order) => templateOf(order).hash(order),
      placeOf: templateOf,
      takeTurn: turns.reserve,
      runTask: async (order, signal) => {
        turns.use(order.label, signal);
        return answerByOurClock(aheadMs(), await run(order, signal));
      },
      stopTask: async (taskArn, reason, signal) => {
        turns.use(taskArn, signal);
        const observation = await stop(taskArn, reason, signal);
        return observation && byOurClock(aheadMs(), observation);
      },
      describeTasks: async (taskArns, signal) => {
        const { observations, failures } = await describe(taskArns, signal);
        return { failures, observations: observations.map((one) => byOurClock(aheadMs(), one)) };
      },
      list: async (signal) => {
        const startedAt = now();
        try {
          const { tasks, unlisted } = await list(templates.startedBy, signal);
          if (owner.dead) return never();
          const ours = tasks.map((task) => byOurClock(aheadMs(), task));
          const found = { startedAt, unlisted, tasks: ours };
          // As the fleet manager will read it.
          const { lists } = fleetOf(actor);
          const reading = readList(taskListOf(journal.ledger, found), lists);
          for (const { cluster } of reading.leftOut) events.clusterLeftOut(cluster);
          // A task that is listed and not described yet may still turn out to be anything.
          const isKnown = ({ phase, owned }: ListedTask) => phase !== 'missing' || owned;
          if (reading.incomplete) events.inventoryFailed(false);
          else if (reading.inventory.tasks.every(isKnown)) events.inventoried(startedAt);
          return found;
        } catch (error) {
          if (owner.dead) return never();
          events.inventoryFailed(error instanceof EcsFailure && error.kind === 'denied');
          throw error;
        }
      },
      prepare: async (signal) => {
        // The answers of AWS take so long: after a standstill they are read when all timers have fired.
        await answered(random.between(100, 3000), signal);
        const kind = tools.prepareTrouble();
        if (kind)
          throw new EcsFailure({ kind, awsName: 'Simulated', code: 'simulated' }, 'not prepared');
        const revision = 'arn:aws:ecs:eu-west-1:123456789012:task-definition/simulated:1';
        tools.createCluster();
        return { revision, clusterCreated: tools.createsCluster };
      },
      // No operator here.
      retryNow() {},
      heartbeatSent() {},
      log,
    });
    const { actors } = (machine as unknown as Provided).implementations;
    const simulated = machine.provide({
      actors: {
        ticker: tickerOf(owner, agenda),
        session: actors.session?.provide({
          actors: {
            socket: simulatedSocket({ owner, identity }, scheduler, random, events),
          },
        }) as never,
        monitor: actors.monitor?.provide({
          actors: { monitorSocket: simulatedMonitorSocket(owner, scheduler, random) },
        }) as never,
      },
    });
    const actor = createActor(simulated, {
      ...(tools.recorder && {
        inspect: (event) => {
          if (!owner.dead) tools.recorder?.observe(event);
        },
      }),
      input: {
        session: {
          ...sessionSettings(config, {
            workerRelease: templates.workerRelease,
            responsePending: mayOweResponse(journal),
          }),
          workers: config.capacity.maxWorkers ?? 1_000_000,
        },
        monitor: {
          workerManagerId: config.workerManagerId,
          dead: deadAtStart(journal.ledger.history(), {
            at: recovered.startedAt,
            writtenAt: journal.writtenAt,
          }),
        },
        stopTimeoutMs: settings.stopTimeoutSeconds * 1000,
        leaveRunning: config.sigtermPolicy === 'leave',
        fleet: { ...recovered, settings: managerSettings(config) },
      },
      clock: {
        setTimeout: (act, ms) => agenda.timer(ms, act as () => void, owner),
        clearTimeout: (entry: Entry) => agenda.cancel(entry),
      },
    });
    life.actor = actor as never;
    const ending = new AbortController();
    const end = () => {
      if (life.ended || owner.dead) return;
      life.ended = true;
      ending.abort();
      // As src/daemon/run does: what waits to be written is written.
      const { output } = actor.getSnapshot();
      const ended = () => events.ended(output ?? { status: 1, looked: true });
      journal.close(output?.crash === null).then(ended, ended);
    };
    actor.subscribe({
      complete: () => {
        const crash = actor.getSnapshot().output?.crash ?? null;
        if (crash !== null) events.logged('error', { crash }, 'daemon.crashed');
        end();
      },
      error: (error) => {
        events.logged('error', { error: String(error) }, 'daemon.crashed');
        end();
      },
    });
    actor.start();
    if (tools.siblings.hasAny())
      void reportSiblingTasks(
        {
          ...{ stateDir: stateDirectory, mark: templates.startedBy, describe, log },
          unlistedIn: (other) => unlistedIn(other, home, elsewhere().clusters),
          ...{ find: tools.siblings.find, pause: clock.sleep },
        },
        ending.signal,
      );
  };

  start().catch((error: unknown) => {
    if (!owner.dead) events.logged('error', { error: String(error) }, 'daemon.didNotStart');
  });
  return life;
};
