import type { Generation } from '../../../machines/scheduler/messages.ts';
import { ProtocolFailure } from './failure.ts';
import type { Layout } from './fields.ts';
import { BYTES, element, type Frame, POINTERS, STRUCTS, type StructAt } from './frame.ts';
import * as layouts from './schema/layouts.ts';
import type { WireMessage } from './wireMessage.ts';

export const GENERATIONS: readonly Generation[] = ['g1', 'g1b', 'g2', 'g23', 'g3', 'g4'];

/** What a message is: enough to read its body. */
export interface Identified {
  generation: Generation;
  message: WireMessage['message'];
  layout: Layout;
}

type Tell = (frame: Frame, body: StructAt | null, hint: Generation | undefined) => Identified;

/** A variant we read: could a body of this size (data words, pointers) be it, and if so, which generation's? */
interface Variant {
  fits: (dataWords: number, pointers: number) => boolean;
  tell: Tell;
}

const nothing = {};
const empty = (dataWords: number, pointers: number) => dataWords + pointers === 0;
const oneNamed = (dataWords: number, pointers: number) => dataWords === 0 && pointers === 1;

/** Same layout in every generation: the hint, or the newest that writes it. */
const always =
  (message: WireMessage['message'], layout: Layout, unknown: Generation = 'g3'): Tell =>
  (_frame, _body, hint) => ({ generation: hint ?? unknown, message, layout });

const heartbeat: Tell = (frame, body, hint) => {
  const { dataWords, pointers } = body ?? { dataWords: 0, pointers: 0 };
  const groups = body !== null && dataWords === 1 && frame.view.getUint32(body.byte + 4, true) > 0;
  const generation = hint ?? (pointers === 1 ? 'g1' : groups && pointers === 2 ? 'g1b' : 'g3');
  if (generation === 'g1' && pointers < 2)
    return {
      generation,
      message: 'workerAdapterHeartbeat',
      layout: layouts.WorkerAdapterHeartbeat,
    };
  const message = 'workerManagerHeartbeat';
  if (generation === 'g1' || generation === 'g1b')
    return { generation: 'g1b', message, layout: layouts.NamedAdapterHeartbeat };
  return { generation, message, layout: layouts.WorkerManagerHeartbeat };
};

const echo: Tell = (_frame, _body, hint = 'g3') => ({
  generation: hint,
  message: hint === 'g1' ? 'workerAdapterHeartbeatEcho' : 'workerManagerHeartbeatEcho',
  layout: nothing,
});

/** The element size of the list behind the body's first pointer; undefined where that is null. */
function firstList(frame: Frame, body: StructAt | null): number | undefined {
  return body ? frame.list(body, 0)?.element : undefined;
}

const command: Tell = (frame, body, hint) => {
  const { dataWords, pointers } = body ?? { dataWords: 0, pointers: 0 };
  const message = 'workerManagerCommand';
  switch (firstList(frame, body)) {
    case STRUCTS:
      return { generation: 'g3', message, layout: layouts.DesiredCommand };
    case BYTES:
      return groupCommand(hint);
    case POINTERS:
      break;
    case undefined:
      // Real schedulers never write a null here. Only what else is known can tell g1 from g2.
      if (dataWords === 0 && pointers < 2)
        return { generation: 'g3', message, layout: layouts.DesiredCommand };
      if (pointers < 3 && (hint === 'g1' || hint === 'g1b')) return groupCommand(hint);
      break;
    default:
      throw new ProtocolFailure('a command of no known generation');
  }
  return pointers < 3
    ? { generation: 'g2', message, layout: layouts.StartShutdownCommand }
    : { generation: 'g23', message, layout: layouts.MixedCommand };
};

function groupCommand(hint: Generation | undefined): Identified {
  return {
    generation: hint === 'g1b' ? 'g1b' : 'g1',
    message: 'workerAdapterCommand',
    layout: layouts.WorkerAdapterCommand,
  };
}

const response: Tell = (frame, body, hint) => {
  if (firstList(frame, body) === BYTES || (body?.pointers ?? 0) > 2)
    return {
      generation: hint === 'g1b' ? 'g1b' : 'g1',
      message: 'workerAdapterCommandResponse',
      layout: layouts.WorkerAdapterCommandResponse,
    };
  return {
    generation: hint === 'g2' ? 'g2' : 'g23',
    message: 'workerManagerCommandResponse',
    layout: layouts.StartShutdownResponse,
  };
};

const workerHeartbeat: Tell = (_frame, body, hint) => ({
  generation: hint ?? (body && body.pointers < 4 ? 'g1' : 'g3'),
  message: 'workerHeartbeat',
  layout: body && body.dataWords > 3 ? layouts.WideWorkerHeartbeat : layouts.WorkerHeartbeat,
});

const stateTask: Tell = (_frame, body, hint = 'g3') => ({
  generation: hint,
  message: 'stateTask',
  layout: body && body.dataWords > 1 ? layouts.WideStateTask : layouts.StateTask,
});

const stateScheduler: Tell = (frame, body, hint) => {
  const scaling = body && frame.struct(body, 6);
  const message = 'stateScheduler';
  // Groups and managers' workers lie alike; only g1 and the first release of g2 list nothing else.
  if (hint === 'g1' || hint === 'g1b' || (!hint && scaling?.pointers === 1))
    return { generation: hint ?? 'g1', message, layout: layouts.GroupStateScheduler };
  const details = scaling && frame.list(scaling, 1);
  const generation = hint ?? (details?.dataWords === 1 ? 'g2' : 'g3');
  return { generation, message, layout: schedulerLayout(frame, body) };
};

function schedulerLayout(frame: Frame, body: StructAt | null): Layout {
  const manager = body && frame.struct(body, 5);
  const workers = manager && frame.list(manager, 0);
  const wide = workers && element(workers, 0).dataWords > 4;
  return wide ? layouts.WideStateScheduler : layouts.StateScheduler;
}

/** Variants of the monitor stream and of the workers have the same bodies under both numberings. */
const monitor = {
  scheduler: { fits: (d: number, p: number) => d === 1 && p >= 7, tell: stateScheduler },
  worker: {
    fits: (d: number, p: number) => d === 1 && p === 2,
    tell: always('stateWorker', layouts.StateWorker),
  },
  task: {
    fits: (d: number, p: number) => (d === 1 && p === 5) || (d >= 2 && p >= 5),
    tell: stateTask,
  },
  advice: {
    fits: (d: number, p: number) => d === 0 && p === 2,
    tell: always('stateBalanceAdvice', layouts.StateBalanceAdvice),
  },
};
const workers: [number, Variant][] = [
  [9, { fits: () => true, tell: workerHeartbeat }],
  [10, { fits: () => true, tell: always('workerHeartbeatEcho', layouts.WorkerHeartbeatEcho) }],
];

const first: ReadonlyMap<number, Variant> = new Map([
  ...workers,
  [11, { fits: oneNamed, tell: always('disconnectRequest', layouts.Disconnect) }],
  [12, { fits: oneNamed, tell: always('disconnectResponse', layouts.Disconnect) }],
  [15, monitor.advice],
  [16, monitor.scheduler],
  [17, monitor.worker],
  [18, monitor.task],
  [25, { fits: (d: number, p: number) => d > 0 || p > 1, tell: heartbeat }],
  [26, { fits: () => true, tell: echo }],
  [27, { fits: (d: number, p: number) => d + p > 0, tell: command }],
  [28, { fits: (d: number, p: number) => d + p > 0, tell: response }],
]);
const LAST_OF_FIRST = 28;

/** Since the disconnect messages left the union, all numbers after them are smaller by two. */
const renumbered: ReadonlyMap<number, Variant> = new Map([
  ...workers,
  [13, monitor.advice],
  [14, monitor.scheduler],
  [15, monitor.worker],
  [16, monitor.task],
  [23, { fits: (d: number, p: number) => d > 0 || p > 1, tell: heartbeat }],
  [24, { fits: empty, tell: echo }],
  [25, { fits: oneNamed, tell: command }],
  [26, { fits: empty, tell: always('workerDisconnectNotification', nothing, 'g4') }],
  [27, { fits: empty, tell: always('workerShutdown', nothing, 'g4') }],
  [28, { fits: empty, tell: always('workerManagerShutdown', nothing, 'g4') }],
  [29, { fits: empty, tell: always('workerManagerDisconnectNotification', nothing, 'g4') }],
]);
const LAST_OF_RENUMBERED = 29;

/**
 * Tells from its variant number and the shape of its body what a message is. The hint is the peer's generation
 * where it is known; it decides where bytes cannot, and gives way to bytes that can only be another's.
 */
export function identify(
  frame: Frame,
  variant: number,
  body: StructAt | null,
  hint?: Generation,
): Identified {
  const { dataWords, pointers } = body ?? { dataWords: 0, pointers: 0 };
  const read = (variants: ReadonlyMap<number, Variant>, whatever = false) => {
    const found = variants.get(variant);
    if (!found || !(whatever || body === null || found.fits(dataWords, pointers))) return undefined;
    if (variants === first) return found.tell(frame, body, hint === 'g4' ? undefined : hint);
    return { ...found.tell(frame, body, 'g4'), generation: 'g4' as const };
  };

  const own = hint === 'g4' ? renumbered : first;
  const others = own === first ? renumbered : first;
  // An empty body can be anyone's, and the disconnect messages look like what took their numbers.
  const telling = !hint || (dataWords + pointers > 0 && variant > 12);
  const found = read(own) ?? (telling ? read(others) : undefined) ?? (hint && read(own, true));
  if (found) return found;
  if (variant > (hint === 'g4' ? LAST_OF_RENUMBERED : LAST_OF_FIRST))
    throw new ProtocolFailure(`variant ${variant} is not in the protocol`);
  return { generation: hint ?? 'g3', message: 'other', layout: nothing };
}

/** The number of the manager's heartbeat; its echo and the command follow it. */
export function heartbeatVariant(generation: Generation): number {
  return generation === 'g4' ? 23 : 25;
}
