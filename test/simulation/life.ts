import type { ECSClient } from '@aws-sdk/client-ecs';
import { type AnyStateMachine, createActor, fromCallback } from 'xstate';
import { monitor } from '../../machines/scheduler/monitor.ts';
import { type SocketOrder, session } from '../../machines/scheduler/session.ts';
import type { DesiredRequest } from '../../machines/shared/domain.ts';
import { taskIdOf } from '../../machines/shared/ids.ts';
import { createCaller } from '../../src/aws/caller.ts';
import { EcsFailure } from '../../src/aws/errors.ts';
import type { TaskTemplate } from '../../src/aws/launch/launchTemplate.ts';
import { createLimiter } from '../../src/aws/limiter.ts';
import type { Clock } from '../../src/aws/systemClock.ts';
import { describeTasks } from '../../src/aws/tasks/describeTasks.ts';
import { listTasks } from '../../src/aws/tasks/listTasks.ts';
import { runTask } from '../../src/aws/tasks/runTask.ts';
import { stopTask } from '../../src/aws/tasks/stopTask.ts';
import { callRates, managerSettings } from '../../src/daemon/managerSettings.ts';
import { adoptStrays } from '../../src/daemon/ownership.ts';
import { recover } from '../../src/daemon/startup.ts';
import { provide } from '../../src/daemon/wiring.ts';
import { monitorTeller } from '../../src/scheduler/monitorSocket.ts';
import { now } from '../../src/shared/clock.ts';
import type { Files } from '../../src/store/files.ts';
import { type Journal, openJournal } from '../../src/store/journal.ts';
import type { JournalRecord } from '../../src/store/records.ts';
import { levelOf } from '../../src/telemetry/events.ts';
import type { Log } from '../../src/telemetry/log.ts';
import { type Agenda, type Entry, never, type Owner } from './agenda.ts';
import { stateDirectory } from './disk.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import type { SimulationSettings } from './script.ts';
import { configOf, workerAddress } from './settings.ts';

/** What one life of the daemon lets the world see. */
export interface LifeEvents {
  /** A launch that this life has thought of, before anything else happens to it. */
  decided(label: string): void;
  recorded(record: JournalRecord): void;
  echoed(): void;
  commanded(requests: DesiredRequest[]): void;
  surveyed(startedAt: number): void;
  surveyFailed(denied: boolean): void;
  logged(level: 'info' | 'warn' | 'error', fields: object, text: string): void;
  ended(): void;
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
  ended: boolean;
}

export interface LifeTools {
  agenda: Agenda;
  random: Random;
  filesOf: (owner: Owner) => Files;
  ecsOf: (owner: Owner) => Pick<ECSClient, 'send'>;
  scheduler: Scheduler;
  template: TaskTemplate;
  settings: SimulationSettings;
  epoch: string;
  /** What is in the way of preparing AWS; null: nothing. */
  prepareTrouble: () => 'unreachable' | 'denied' | null;
}

export const clockOf = (agenda: Agenda, owner: Owner): Clock => ({
  now,
  sleep: (ms, signal) =>
    owner.dead
      ? never()
      : new Promise((resolve, reject) => {
          if (signal.aborted) return reject(signal.reason);
          const abort = () => {
            agenda.cancel(entry);
            reject(signal.reason);
          };
          const wake = () => {
            signal.removeEventListener('abort', abort);
            resolve();
          };
          const entry = agenda.after(ms, wake, owner);
          signal.addEventListener('abort', abort, { once: true });
        }),
});

/** One attempt to talk to the scheduler: what src/daemon/socket does, without bytes. */
const socketOf = (owner: Owner, scheduler: Scheduler, random: Random, events: LifeEvents) =>
  fromCallback<SocketOrder>(({ sendBack, receive }) => {
    let open = true;
    const line = scheduler.connect({
      owner,
      onOpen: () => open && sendBack({ type: 'socket.open' }),
      onEcho: () => {
        if (!open) return;
        events.echoed();
        sendBack({ type: 'scheduler.heartbeatEcho', at: now() });
      },
      onCommand: (requests) => {
        if (!open) return;
        events.commanded(requests);
        sendBack({ type: 'scheduler.command', at: now(), requests });
      },
      onClosed: (reason) => {
        if (!open) return;
        open = false;
        sendBack({ type: 'socket.closed', reason, jitter: random.next() });
      },
    });
    receive((order) => {
      if (owner.dead) return;
      if (order.type === 'socket.close') line.close();
      else if (order.type === 'socket.beat') line.beat(order.workers);
    });
    return () => {
      open = false;
      line.close();
    };
  });

/** What src/daemon/monitorSocket does, without bytes. */
const monitorSocketOf = (
  owner: Owner,
  scheduler: Scheduler,
  random: Random,
  ours: () => string[],
) =>
  fromCallback(({ sendBack }) => {
    const tell = monitorTeller(ours, 'wm');
    let open = true;
    const leave = scheduler.subscribe({
      owner,
      onOpen: () => open && sendBack({ type: 'socket.open' }),
      onMessage: (message) => {
        const loads = open ? tell(message) : undefined;
        if (loads !== undefined) sendBack({ type: 'monitor.heard', at: now(), loads });
      },
      onClosed: (reason) => {
        if (!open) return;
        open = false;
        sendBack({ type: 'socket.closed', reason, jitter: random.next() });
      },
    });
    return () => {
      open = false;
      leave();
    };
  });

const tickMs = 1000;

const tickerOf = (owner: Owner, agenda: Agenda) =>
  fromCallback(({ sendBack }) => {
    let entry: Entry | null = null;
    const tick = () => {
      entry = agenda.after(tickMs, tick, owner);
      sendBack({ type: 'tick', now: now() });
    };
    tick();
    return () => {
      if (entry) agenda.cancel(entry);
    };
  });

type Provided = { implementations: { actors: Record<string, AnyStateMachine> } };

/** From the state directory to a running actor tree, wired as src/daemon/run wires it. */
export const startLife = (tools: LifeTools, events: LifeEvents): Life => {
  const { agenda, random, scheduler, template, settings, epoch } = tools;
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
    ended: false,
  };
  const log: Log = {
    report(name, fields) {
      const level = levelOf(name, fields);
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
      append(record) {
        if (record.kind === 'launch') events.decided(record.label);
        events.recorded(record);
        return journal.append(record);
      },
      note(record) {
        events.recorded(record);
        return journal.note(record);
      },
    };
    life.journal = journal;
    life.foundJournal = journal.found !== 'none';
    life.openAtStart = new Set(journal.ledger.openLaunches().map(({ label }) => label));

    const recovered = recover(watched, {
      at: now(),
      epoch,
      requestHashOf: template.hash,
    });
    const clock = clockOf(agenda, owner);
    const config = configOf(settings);
    const limiter = createLimiter(clock, callRates(config));
    const call = createCaller({ limiter, clock, log, random: random.next });
    const list = listTasks(ecs, call, template.cluster, clock, log);
    const adopt = adoptStrays(watched, workerAddress, log);

    const machine = provide({
      // Replaced below: no bytes here.
      socket: {} as never,
      monitor: {} as never,
      journal: watched,
      requestHash: template.hash,
      runTask: runTask(ecs, call, template),
      stopTask: stopTask(ecs, call, template.cluster),
      describeTasks: describeTasks(ecs, call, template.cluster),
      survey: async (signal) => {
        const from = now();
        try {
          const survey = adopt(from, await list(template.startedBy, signal));
          events.surveyed(from);
          return survey;
        } catch (error) {
          events.surveyFailed(error instanceof EcsFailure && error.kind === 'denied');
          throw error;
        }
      },
      prepare: async (signal) => {
        await clock.sleep(random.between(100, 3000), signal);
        const kind = tools.prepareTrouble();
        if (kind)
          throw new EcsFailure({ kind, awsName: 'Simulated', code: 'simulated' }, 'not prepared');
        return { revision: 'arn:aws:ecs:eu-west-1:123456789012:task-definition/simulated:1' };
      },
      log,
    });
    const { manager } = (machine as unknown as Provided).implementations.actors;
    const simulated = machine.provide({
      actors: {
        session: session.provide({
          actors: { socket: socketOf(owner, scheduler, random, events) },
        }),
        monitor: monitor.provide({
          actors: {
            monitorSocket: monitorSocketOf(owner, scheduler, random, () =>
              journal.ledger.groups().map(({ taskArn }) => taskIdOf(taskArn)),
            ),
          },
        }),
        manager: manager?.provide({ actors: { ticker: tickerOf(owner, agenda) } }) as never,
      },
    });
    const workers = config.capacity.maxWorkers ?? 1_000_000;
    const actor = createActor(simulated, {
      input: {
        workers,
        heartbeatIntervalMs: settings.heartbeatIntervalSeconds * 1000,
        stopTimeoutMs: settings.stopTimeoutSeconds * 1000,
        leaveRunning: config.sigtermPolicy === 'leave',
        manager: { ...recovered, settings: managerSettings(config) },
      },
      clock: {
        setTimeout: (act, ms) => agenda.after(ms, act as () => void, owner),
        clearTimeout: (entry: Entry) => agenda.cancel(entry),
      },
    });
    life.actor = actor as never;
    const end = () => {
      if (life.ended || owner.dead) return;
      life.ended = true;
      // As src/daemon/run does: what waits to be written is written.
      journal.close().then(
        () => events.ended(),
        () => events.ended(),
      );
    };
    actor.subscribe({
      complete: () => {
        const { crash } = actor.getSnapshot().output ?? { crash: null };
        if (crash !== null) events.logged('error', { crash }, 'daemon.crashed');
        end();
      },
      error: (error) => {
        events.logged('error', { error: String(error) }, 'daemon.crashed');
        end();
      },
    });
    actor.start();
  };

  start().catch((error: unknown) => {
    if (!owner.dead) events.logged('error', { error: String(error) }, 'daemon.didNotStart');
  });
  return life;
};
