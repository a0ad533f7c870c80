import { clearInterval, clearTimeout, setInterval, setTimeout } from 'node:timers';
import { fromCallback } from 'xstate';
import type {
  Generation,
  Heartbeat,
  SchedulerMessage,
  Terms,
} from '../../machines/scheduler/messages.ts';
import type { SocketEvent, SocketOrder } from '../../machines/scheduler/session.ts';
import { taskIdOf } from '../../machines/shared/ids.ts';
import { returnGraceMs } from '../../machines/shared/timing.ts';
import type { Address } from '../shared/address.ts';
import { now } from '../shared/clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { Graveyard } from './deadWorkers.ts';
import { contest } from './identityConflict.ts';
import { lostAnswers } from './pendingResponse.ts';
import {
  decodeMessage,
  encodeCommandResponse,
  encodeDisconnectRequest,
  encodeHeartbeat,
} from './protocol/codec.ts';
import { ProtocolFailure } from './protocol/failure.ts';
import { toSchedulerMessage } from './protocol/translate.ts';
import type { Connect, Connection, ConnectionHandlers, Peer } from './transport/connection.ts';
import {
  type Conversation,
  type ConversationSettings,
  conversation,
  type Saying,
  type Sight,
} from './unitProtocol.ts';

export interface SocketSettings extends ConversationSettings {
  connect: Connect;
  address: Address;
  identity: string;
  workerManagerID: string;
  /** What the scheduler turned out to speak. Answers why our workers could not serve it, or null. */
  found: (terms: Terms) => string | null;
  sight: () => Sight;
  /** Whose workers died without a word. */
  graves?: Graveyard;
  /** An earlier process of ours may have died owing the scheduler an answer. */
  owing?: boolean;
  /** Told each time it becomes another. */
  line?: (state: Line) => void;
}

/**
 * `unanswered`: it stands, and no heartbeat has been echoed on it yet; `contested`: it stands or does not,
 * somebody else takes it from us again and again.
 */
export type Line = 'closed' | 'unanswered' | 'answered' | 'contested';

/** Unreadable frames are logged this often at most, ms. */
const complaintEvery = 60_000;
/** How often an open answer is thought about, ms. */
const lookEvery = 250;
/** How long a goodbye waits for answers, ms. */
const answerLimitMs = 2000;
/** Heartbeats in one numbering before the other is tried. */
const beatsPerTry = 2;

const rivalMeaning =
  'another connection takes our place as soon as we have it: another manager seems to use our state directory or a copy of it; we try again after longer pauses';

const isGroups = (generation: Generation): boolean => generation === 'g1' || generation === 'g1b';

/**
 * How to number heartbeats. YMQ's magic tells; over ZeroMQ nothing does but which heartbeat is echoed,
 * and the older numbering goes first, because only that is known to be harmless to every release.
 */
export const numbering = () => {
  let settled: Generation | null = null;
  let tried: 'g3' | 'g4' = 'g3';
  let beats = 0;
  return {
    get settled() {
      return settled;
    },
    settle(generation: Generation) {
      settled = generation;
    },
    next(): Generation {
      if (settled !== null) return settled;
      if (beats === beatsPerTry) {
        tried = tried === 'g3' ? 'g4' : 'g3';
        beats = 0;
      }
      beats++;
      return tried;
    },
  };
};

/** One connection to the scheduler: bytes on one side, the session's events on the other. */
export const socket = (settings: SocketSettings, log: Log) => {
  const { connect, address, identity, workerManagerID, capabilities, workersPerTask, graves } =
    settings;
  let unreadable = 0;
  let complainedAt = Number.NEGATIVE_INFINITY;
  const complain = (reason: string) => {
    unreadable++;
    if (now() - complainedAt < complaintEvery) return;
    complainedAt = now();
    log.warn({ frames: unreadable, reason }, 'scheduler.unreadable');
  };
  let terms: Terms | null = null;
  const answers = lostAnswers(settings.owing);
  const rivalry = contest();
  let linesBefore = 0;

  return fromCallback<SocketOrder>(({ sendBack, receive }) => {
    const tell = (event: SocketEvent) => sendBack(event);
    const numbers = numbering();
    let transport: Terms['transport'] = 'ymq';
    let talk: Conversation | null = null;
    /** It was begun before a command had shown with whom. */
    let early = false;
    let closing = false;
    /** What this very connection has shown beyond doubt; nobody changes that while connected. */
    let certain: Generation | null = null;
    let magic: Peer['magic'] = null;
    let older = false;
    /** Said again with every heartbeat, it is said once. */
    let ending = false;
    let newUntil = 0;
    let debt = answers.opened(now());
    let connection: Connection | null = null;
    /** Reports of dead workers that were not answered yet. */
    let unanswered = 0;
    let hangingUp: ReturnType<typeof setTimeout> | undefined;
    let lineWas: Line = 'closed';
    const lineIs = (state: Line) => {
      if (state !== lineWas) settings.line?.(state);
      lineWas = state;
    };

    const learn = (generation: Generation, exact: boolean) => {
      numbers.settle(generation);
      if (exact) certain = generation;
      if (exact) debt.commanded(generation);
      const bare = magic === 0;
      const known =
        terms?.transport === transport &&
        terms.bare === bare &&
        (terms.generation === 'g4') === (generation === 'g4');
      // The same as before for all that can be told so far.
      if (known && (!exact || (terms?.exact && terms.generation === generation))) return;
      terms = { transport, generation, exact, bare };
      log.info({ ...terms }, 'scheduler.found');
      tell({ type: 'scheduler.mismatch', at: now(), reason: settings.found(terms) });
    };

    const opened = ({ magic: spoken }: Peer) => {
      magic = spoken;
      transport = magic === null ? 'zmq' : 'ymq';
      older = magic !== null && magic < 2;
      debt = answers.opened(now());
      if (magic !== null) learn(magic === 2 ? 'g4' : 'g3', magic === 2);
      if (linesBefore > 0) newUntil = now() + returnGraceMs;
      linesBefore++;
      rivalry.opened();
      lineIs('unanswered');
      tell({ type: 'socket.open' });
    };

    const say = (sayings: Saying[]) => {
      for (const saying of sayings) {
        if (saying.type === 'tell') tell(saying.event);
        else {
          log.debug({ ...saying.answer }, 'scheduler.answered');
          connection?.send(encodeCommandResponse(numbers.settled ?? 'g3', saying.answer));
        }
      }
    };

    const hear = (message: SchedulerMessage | null, generation: Generation) => {
      const other = certain === null ? older && generation === 'g4' : certain !== generation;
      // To answer it as what it looks like could end a scheduler that is none of that kind.
      if (message !== null && other)
        throw new ProtocolFailure(`a ${generation} message from a scheduler that is not`);
      if (message?.type === 'heartbeatEcho') {
        if (numbers.settled === null) learn(generation, generation === 'g4');
        debt.echoed();
        lineIs(rivalry.on() ? 'contested' : 'answered');
        tell({ type: 'scheduler.heartbeatEcho', at: now() });
      } else if (message?.type === 'desired') {
        learn(generation, true);
        tell({ type: 'scheduler.desired', at: now(), requests: message.requests });
      } else if (message?.type === 'start' || message?.type === 'shutdown') {
        learn(generation, true);
        // It says what it desires as well, and waits for an answer to this before it says that again.
        if (generation === 'g23') return say([agreed(message)]);
        const sight = settings.sight();
        if (early && !isGroups(generation)) talk = null;
        early = false;
        talk ??= conversation(settings, isGroups(generation), sight, newUntil);
        say(talk.hear(message, sight));
      } else if (message?.type === 'disconnected') {
        unanswered = Math.max(0, unanswered - 1);
        if (unanswered === 0 && hangingUp) connection?.close();
      } else if (message?.type === 'shutdownAsked' && certain === 'g4' && !ending) {
        ending = true;
        log.warn({}, 'scheduler.endsTheCluster');
        tell({ type: 'scheduler.shutdown', at: now() });
      }
    };

    const handlers: ConnectionHandlers = {
      onOpen: opened,
      onMessage(payload) {
        try {
          const wire = decodeMessage(payload, numbers.settled ?? undefined);
          hear(toSchedulerMessage(wire), wire.generation);
        } catch (error) {
          if (!(error instanceof ProtocolFailure)) throw error;
          complain(error.message);
        }
      },
      onClosed({ kind, reason }) {
        if (rivalry.closed(kind)) log.warn({ meaning: rivalMeaning }, 'scheduler.lineTaken');
        lineIs(rivalry.won() ? 'contested' : 'closed');
        tell({ type: 'socket.closed', reason: `${kind}: ${reason}`, jitter: Math.random() });
      },
    };
    const dial = () => {
      connection = connect({ address, identity }, handlers);
    };
    const pause = Math.max(answers.pause(now()), rivalry.pause());
    const dialing = pause > 0 ? setTimeout(dial, pause) : undefined;
    if (!dialing) dial();
    /** The scheduler answers each report, and some do not survive that nobody is there for an answer. */
    const hangUp = () => {
      if (unanswered > 0) hangingUp = setTimeout(() => connection?.close(), answerLimitMs);
      else connection?.close();
    };
    const report = () => {
      // What it speaks must be certain: to others the same bytes mean something else, or nothing.
      if (!graves || closing || certain === null || certain === 'g4') return;
      for (const workerId of graves.due(now())) {
        if (!connection?.send(encodeDisconnectRequest(certain, workerId))) return;
        graves.done(workerId);
        unanswered++;
        log.info({ worker: workerId }, 'scheduler.toldOfDeadWorker');
      }
    };
    const looking = setInterval(() => {
      report();
      // YMQ has had a magic for longer than schedulers have not had groups.
      const mayHaveGroups = certain === null && !magic;
      if (closing || (talk === null && !mayHaveGroups)) return;
      const sight = settings.sight();
      // It may have no reason ever to ask for anything, not knowing that our groups are there.
      if (talk === null && sight.groups !== null) {
        talk = conversation(settings, true, sight);
        early = true;
      }
      if (talk) say(talk.look(sight));
    }, lookEvery);

    receive((order) => {
      if (order.type === 'socket.dead') {
        graves?.bury(taskIdOf(order.taskArn), now());
        report();
        return;
      }
      if (order.type === 'socket.close') {
        closing = true;
        hangUp();
        return;
      }
      if (!debt.mayBeat(now())) {
        log.info({ seconds: Math.ceil(answers.pause(now()) / 1000) }, 'scheduler.letForget');
        connection?.close();
        return;
      }
      const generation = numbers.next();
      const beat = encodeHeartbeat(generation, {
        ...capacity(
          generation,
          order.workers,
          workersPerTask,
          talk && isGroups(generation) ? talk.strange(settings.sight()) : 0,
        ),
        capabilities,
        workerManagerID,
      });
      if (!connection?.send(beat)) log.warn({}, 'scheduler.heartbeatNotSent');
    });
    return () => {
      clearInterval(looking);
      clearTimeout(dialing);
      clearTimeout(hangingUp);
      lineIs(rivalry.won() ? 'contested' : 'closed');
      connection?.destroy();
    };
  });
};

const noLimit = 2 ** 32 - 1;

/**
 * The first generation counts groups of workers, all others workers. It asks for no more as soon as it knows
 * so many groups, whosever they are and though all may be dead: those come on top.
 */
const capacity = (
  generation: Generation,
  workers: number,
  workersPerTask: number,
  strange: number,
): Pick<Heartbeat, 'maxTaskConcurrency' | 'workersPerGroup'> =>
  isGroups(generation)
    ? {
        maxTaskConcurrency:
          workers >= noLimit
            ? noLimit
            : Math.floor(workers / workersPerTask) + (workers > 0 ? strange : 0),
        workersPerGroup: workersPerTask,
      }
    : { maxTaskConcurrency: workers };

const agreed = ({ type }: { type: 'start' | 'shutdown' }): Saying => ({
  type: 'answer',
  answer: { command: type, outcome: 'success', groupId: '', workerIds: [], capabilities: [] },
});
