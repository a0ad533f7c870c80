import type {
  MonitorMessage,
  OutgoingMessage,
  SchedulerMessage,
} from '../../../machines/scheduler/messages.ts';
import { speaksGroups } from '../../../machines/scheduler/messages.ts';
import type { DesiredRequest } from '../../../machines/shared/domain.ts';
import type { Agenda, Owner } from '../agenda.ts';
import type { ModelTask } from '../ecs.ts';
import type { Random } from '../random.ts';
import { type Connection, createConnections } from './connections.ts';
import { desiredDialogue, mixedDialogue } from './desired.ts';
import { type Dialogue, newSource, type Policy, type Situation, type Source } from './dialogue.ts';
import { groupDialogue } from './groups.ts';
import { createMonitorStream } from './monitorStream.ts';
import { createNeighbour } from './neighbour.ts';
import { offenceOf, readsNumber } from './outgoing.ts';
import { type Magic, releaseNamed, type SchedulerRelease } from './releases.ts';
import { desiredOfUs, spread } from './requests.ts';
import { falsified, type StreamFault } from './streamLies.ts';
import { workerDialogue } from './workers.ts';
import { createWorkforce } from './workforce.ts';

export type { Line, Peer } from './connections.ts';
export type { Policy } from './dialogue.ts';
export type { Listener } from './monitorStream.ts';

/** What is wrong with the scheduler; several may hold at once. */
export interface SchedulerFaults {
  /** Takes heartbeats and says nothing. */
  silent: number;
  gone: number;
  echoless: number;
  commandless: number;
  /** Sends empty lists, as the capability policy does. */
  empty: number;
  /** Its monitor stream cannot be reached. */
  unseen: number;
}

/** What is lost with the connection the next time that it is under way. */
export type Lost = 'command' | 'response';

export interface SchedulerSettings {
  policy: Policy;
  workersPerTask: number;
  capabilities: DesiredRequest['capabilities'];
  /** What it desires comes in several requests. */
  severalRequests: boolean;
  /** It publishes a monitor stream. */
  monitored: boolean;
  /** How often it does. */
  reportEverySeconds: number;
  restlessness: number;
  isWorkShort?: (task: ModelTask) => boolean;
  /** The process that is there at first. */
  release: string;
  magic: Magic;
  /** The id of the manager that its present life uses. */
  managerId: () => string;
  /** Another manager uses it, too. */
  neighbour: boolean;
}

export interface SchedulerEvents {
  connected(task: ModelTask): void;
  workersExit(task: ModelTask): void;
  /** A message that must never be sent to it. */
  offended(says: string): void;
  /** A worker was reported dead. */
  reported(task: ModelTask | undefined): void;
  /** Killed workers were not reported until the scheduler gave them up. */
  unreported(task: ModelTask): void;
  /** A living group of another manager was forgotten because of our answer. */
  disowned(groupId: string): void;
  note(line: () => string): void;
  fault(name: string): void;
  /** The monitor stream shows how many tasks it has. */
  reports(tasks: number): void;
}

/** One process of the scheduler: its memory ends with it. */
interface Process {
  release: SchedulerRelease;
  magic: Magic;
  dialogue: Dialogue;
  sources: Map<string, Source>;
  /** Its clients have not come back before then. */
  clientsFrom: number;
}

/** A manager that is silent for so long is forgotten, ms. */
const forgetMs = 11_000;
const neighbourBeatMs = 2000;
/** A Fargate task's work changes once in eight minutes. */
const calmRestlessness = 0.002;

function dialogueOf(release: SchedulerRelease, settings: SchedulerSettings): Dialogue {
  const { policy, capabilities } = settings;
  switch (release.generation) {
    case 'g1':
      return groupDialogue(policy, false);
    case 'g1b':
      return groupDialogue(policy, true);
    case 'g2':
      return workerDialogue(policy, release);
    case 'g23':
      return mixedDialogue(policy, release, capabilities);
    default:
      return desiredDialogue(policy, release, capabilities);
  }
}

/** A scheduler with tasks of its own to hand out, and the workers that have reached it. */
export const createScheduler = (
  agenda: Agenda,
  random: Random,
  settings: SchedulerSettings,
  events: SchedulerEvents,
) => {
  const faults: SchedulerFaults = {
    ...{ silent: 0, gone: 0, echoless: 0, commandless: 0, empty: 0, unseen: 0 },
  };
  let demand = 0;
  let loseNext: Lost | null = null;
  let shutdownAsked = false;

  const begin = (release: string, magic: Magic, clientsFrom: number): Process => {
    const found = releaseNamed(release);
    const dialogue = dialogueOf(found, settings);
    return { release: found, magic, dialogue, sources: new Map(), clientsFrom };
  };
  /** Null: none runs. */
  let process: Process | null = begin(settings.release, settings.magic, 0);
  let last: Process = process;
  const neighbour = settings.neighbour ? createNeighbour(random, settings.workersPerTask) : null;

  const isReachable = (): boolean => process !== null && faults.gone === 0;
  const tasksKnown = (): number => (agenda.now() < last.clientsFrom ? 0 : demand);

  const stream = createMonitorStream(agenda, random, {
    isPublished: settings.monitored,
    everySeconds: settings.reportEverySeconds,
    isReachable: () => isReachable() && faults.unseen === 0,
    state: () => {
      workforce.shiftWork();
      return faults.silent > 0 ? null : publishedList();
    },
    hasUnheard: (since) =>
      [...workforce.cancellations.values()].some(
        ({ shownSince }) => shownSince === null || shownSince < since,
      ),
  });

  const workforce = createWorkforce(agenda, random, settings, {
    process: () => ({ ...last, managerId: settings.managerId() }),
    isReachable,
    tasksKnown,
    publish: stream.publish,
    connected(task) {
      for (const source of last.sources.values())
        if (source.managerId === settings.managerId())
          source.pendingWorkers = Math.max(0, source.pendingWorkers - workforce.sizeOf(task));
      events.connected(task);
    },
    workersExit: events.workersExit,
    dies() {
      events.fault('schedulerDied');
      scheduler.replace(last.release.release, last.magic, false, random.between(2000, 8000));
    },
    timedOut: events.unreported,
  });

  const situation = (): Situation => ({
    tasks: tasksKnown(),
    workers: [...workforce.list(), ...(neighbour?.workers() ?? [])],
  });

  const managersKnown = (): string[] => [
    ...[...last.sources.values()].map(({ managerId }) => managerId),
    ...(neighbour ? ['neighbour'] : []),
  ];

  function workerList(): MonitorMessage {
    forgetSilent(last);
    events.reports(tasksKnown());
    for (const each of workforce.work.values()) each.since ??= agenda.now();
    const groups = last.dialogue.groups(last.sources.values());
    const canceling = workforce.cancellations.size;
    return {
      type: 'monitor.workers',
      // One release lists its managers where an older one lists groups.
      groups: last.release.release === '1.24.0' ? [settings.managerId()] : groups,
      workers: [
        ...workforce.list().map(({ workerId, managerId, queued, sent }) => ({
          ...{ workerId, managerId, groupId: null, load: { free: 0, sent, queued } },
        })),
        ...(neighbour?.workers() ?? []).map(({ workerId, managerId }) => ({
          ...{
            workerId,
            managerId,
            groupId: null,
            load: { free: 0, sent: tasksKnown() > 0 ? 1 : 0, queued: 0 },
          },
        })),
      ],
      ...(canceling > 0 && { canceling }),
      tasks: tasksKnown(),
      ...(groups === null && { managers: managersKnown() }),
    };
  }

  /** What its list of workers says falsely; null: nothing. And until when it last did. */
  let lie: StreamFault | null = null;
  let liedUntil = Number.NEGATIVE_INFINITY;

  function publishedList(): MonitorMessage {
    const list = workerList();
    if (lie === null || list.type !== 'monitor.workers') return list;
    liedUntil = agenda.now();
    return falsified(list, lie, workforce.lastGone());
  }

  /** What was heard in that time is nothing that can be relied on: the stream counts as heard since the next list. */
  const heardTruly = (since: number | null): number | null =>
    since === null || lie !== null
      ? null
      : Math.max(since, liedUntil + 1000 * settings.reportEverySeconds);

  const connections = createConnections(agenda, random, {
    isReachable,
    magic: () => last.magic,
    generation: () => last.release.generation,
    opened() {},
    arrives,
    closing({ unechoed, isMute }) {
      if (unechoed === 1 && !isMute && faults.silent + faults.echoless === 0)
        events.offended('a connection closed before the echo of its last heartbeat');
    },
  });

  /** Checked once a second, and whenever a heartbeat comes. */
  function forgetSilent({ sources }: Process): void {
    for (const [identity, { seenAt }] of sources)
      if (agenda.now() - seenAt > forgetMs) sources.delete(identity);
  }

  /** The manager behind a connection; null: another one with its id is registered. */
  function register(now: Process, { peer }: Connection, managerId: string): Source | null {
    forgetSilent(now);
    const known = now.sources.get(peer.identity);
    if (known) return known;
    const isTaken = [...now.sources.values()].some((each) => each.managerId === managerId);
    if (isTaken && !speaksGroups(now.release.generation)) return null;
    const source = newSource(managerId, agenda.now());
    now.sources.set(peer.identity, source);
    return source;
  }

  function arrives(connection: Connection, message: OutgoingMessage): void {
    const now = process;
    if (now === null || connection.isMute) return;
    const offence = offenceOf(message, now.release, now.magic);
    if (offence !== null) events.offended(offence);
    if (message.type === 'heartbeat') onHeartbeat(now, connection, message);
    else if (message.type === 'response') onResponse(now, connection, message);
    else onDisconnectRequest(connection, message.workerId);
  }

  function onHeartbeat(
    now: Process,
    connection: Connection,
    { generation, heartbeat }: OutgoingMessage & { type: 'heartbeat' },
  ): void {
    const source = readsNumber(generation, now.release)
      ? register(now, connection, heartbeat.workerManagerID)
      : null;
    if (source === null || faults.silent > 0) {
      connection.unechoed--;
      return;
    }
    source.seenAt = agenda.now();
    source.cap = heartbeat.maxTaskConcurrency;
    if (faults.echoless === 0) connections.say(connection, { type: 'heartbeatEcho' });
    else connection.unechoed--;
    if (shutdownAsked && now.release.generation === 'g4')
      connections.say(connection, { type: 'shutdownAsked' });
    if (faults.commandless > 0) return;
    // The monitor stream shows it once a second.
    if (!settings.monitored) workforce.shiftWork();
    const commands = now.dialogue.commands(source, situation());
    for (const command of commands) {
      if (command.type === 'desired')
        connections.say(connection, { ...command, requests: requestsOf(command.requests) });
      else if (faults.empty === 0) sayUnitCommand(connection, source, command);
    }
  }

  function requestsOf(requests: DesiredRequest[]): DesiredRequest[] {
    if (faults.empty > 0) return [];
    const { severalRequests, capabilities } = settings;
    return severalRequests ? spread(desiredOfUs(requests), capabilities) : requests;
  }

  function sayUnitCommand(connection: Connection, source: Source, command: SchedulerMessage): void {
    if (command.type !== 'start' && command.type !== 'shutdown') return;
    if (source.waitsFor === null) source.waitsSince = agenda.now();
    source.waitsFor = command;
    if (!loses(connection, 'command')) connections.say(connection, command);
  }

  /** It is lost, and the connection with it. */
  function loses({ peer }: Connection, what: Lost): boolean {
    if (loseNext !== what) return false;
    loseNext = null;
    events.fault(`${what}Lost`);
    connections.drop('reset', { identity: peer.identity });
    return true;
  }

  function onResponse(
    now: Process,
    connection: Connection,
    { response }: OutgoingMessage & { type: 'response' },
  ): void {
    if (loses(connection, 'response')) return;
    const source = register(now, connection, settings.managerId());
    if (source === null) return;
    source.waitsFor = null;
    const { command, outcome, groupId } = response;
    if (command === 'shutdown' && outcome === 'success' && neighbour?.has(groupId))
      events.disowned(groupId);
    events.note(() => `scheduler gets ${command} ${outcome} ${groupId}`);
    const death = now.dialogue.onResponse(source, response, situation());
    if (death !== null) events.offended(death);
  }

  function onDisconnectRequest(connection: Connection, workerId: string): void {
    const task = workforce.taskOfWorker(workerId);
    events.reported(task);
    if (task) {
      const isCanceled = [...workforce.cancellations.values()].some((each) => each.task === task);
      // One release does not survive that.
      if (isCanceled)
        events.offended(`${workerId} reported dead while a task of its is being cancelled`);
      workforce.disconnect(task, workerId);
    }
    connections.say(connection, { type: 'disconnected', workerId });
  }

  function neighbourBeats(): void {
    if (!neighbour?.isAlive()) return;
    const now = process;
    if (now && isReachable() && faults.silent === 0 && speaksGroups(now.release.generation)) {
      if (!now.sources.has('neighbour')) now.sources.set('neighbour', neighbour.source);
      neighbour.source.seenAt = agenda.now();
      if (faults.commandless + faults.empty === 0) neighbour.beat(now.dialogue, situation());
    }
    agenda.after(neighbourBeatMs, neighbourBeats);
  }
  if (neighbour) agenda.after(random.between(0, neighbourBeatMs), neighbourBeats);

  const scheduler = {
    faults,
    monitored: settings.monitored,
    connected: workforce.connected,
    work: workforce.work,
    cancellations: workforce.cancellations,
    canceledUntil: workforce.canceledUntil,
    lingering: workforce.lingering,
    neighbour,
    setDemand(tasks: number) {
      demand = tasks;
    },
    /** From now on work takes no long time in such Fargate tasks. */
    endLongWork(isWorkShort: (task: ModelTask) => boolean) {
      settings.isWorkShort = isWorkShort;
    },
    /** From now on work moves so seldom that groups without it can rest for min_idle_seconds. */
    calmWork() {
      settings.restlessness = Math.min(settings.restlessness, calmRestlessness);
    },
    demand: () => demand,
    generation: () => last.release.generation,
    release: () => last.release,
    magic: () => last.magic,
    isRunning: () => process !== null,
    /** All connections break; for how long they stay away is the fault's. */
    drop(reason: string) {
      connections.drop(reason);
      stream.drop(reason);
    },
    /** The connections of that process end with it. */
    dropOwner(owner: Owner) {
      connections.dropOwner(owner);
      stream.dropOwner(owner);
    },
    connectionOf: connections.of,
    isAnswered: (owner: Owner) => {
      const connection = connections.of(owner);
      return connection !== undefined && connections.isAnswered(connection);
    },
    dropListeners: stream.drop,
    heardSince: (owner: Owner) => heardTruly(stream.heardSince(owner)),
    listedSince: (owner: Owner) => heardTruly(stream.listedSince(owner)),
    /** False: no stream that could lie. */
    lies(fault: StreamFault | null): boolean {
      if (fault === null && lie !== null) liedUntil = agenda.now();
      lie = fault;
      return settings.monitored;
    },
    isLying: () => lie !== null,
    subscribe: stream.subscribe,
    connect: connections.connect,
    /** It lives, and knows nothing of that manager until its next heartbeat. */
    forgetManager: (identity: string): boolean => last.sources.delete(identity),
    /** It lives, and the workers of so many tasks have to come again. */
    forgetWorkers: workforce.forgetSome,
    start: workforce.start,
    leave: workforce.leave,
    kill: workforce.kill,
    workerIdsOf: workforce.workerIdsOf,
    cancel: workforce.cancel,
    /** Says goodbye to these workers: they end. */
    dismiss: (task: ModelTask) => events.workersExit(task),

    /** Only the connections to managers break. */
    cut() {
      connections.drop('reset');
    },
    loseNext(what: Lost) {
      loseNext = what;
    },
    /** It ends, and after a while another process has its place and nothing of its memory. `graceful`: in order. */
    replace(release: string, magic: Magic, graceful: boolean, downMs: number) {
      if (process === null) return;
      process = null;
      const kind = graceful ? 'graceful' : 'aborted';
      connections.drop('the scheduler has ended', { kind });
      stream.drop('the scheduler has ended');
      workforce.lose(graceful && last.magic !== null);
      agenda.after(downMs, () => {
        shutdownAsked = false;
        process = begin(release, magic, agenda.now() + random.between(0, 8000));
        last = process;
        events.note(() => `scheduler ${release} begins, magic ${magic}`);
      });
    },
    /** A client ends the whole cluster: g4 tells its managers, all others only their workers. */
    askShutdown(isAsked: boolean) {
      shutdownAsked = isAsked;
    },

    /** Of the manager with that identity. */
    source: (identity: string): Source | undefined => last.sources.get(identity),
    /** What it would say to that manager now. */
    wouldSay(identity: string): SchedulerMessage[] {
      const source = last.sources.get(identity);
      return source ? last.dialogue.commands(source, situation()) : [];
    },
    /** The same to one that we make up. */
    wouldSayTo: (source: Source) => last.dialogue.commands(source, situation()),
    /** The groups that it knows; null: it knows none. */
    groups: () => last.dialogue.groups(last.sources.values()),
    workers: () => workforce.sizes() - workforce.lostWorkers(),
    /** The workers that a Fargate task was launched with. */
    sizeOf: workforce.sizeOf,
    /** Workers that have died for good in Fargate tasks that serve on. */
    lostWorkers: workforce.lostWorkers,
    lostOf: workforce.lostOf,
    hasLostAll: workforce.hasLostAll,
    loseWorkers: workforce.loseWorkers,
  };
  return scheduler;
};

export type Scheduler = ReturnType<typeof createScheduler>;
