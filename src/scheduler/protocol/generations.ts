import type { Generation } from '../../../machines/scheduler/messages.ts';
import type { Layout } from './fields.ts';
import { BYTES, element, type Frame, POINTERS, STRUCTS, type StructAt } from './frame.ts';
import { ProtocolFailure } from './protocolFailure.ts';
import * as layouts from './schema/layouts.ts';
import type { WireMessage } from './wireMessage.ts';

export const GENERATIONS: readonly Generation[] = ['g1', 'g1b', 'g2', 'g23', 'g3', 'g4'];

/** Generation, name and layout of a message. */
export interface Identified {
  generation: Generation;
  message: WireMessage['message'];
  layout: Layout;
}

type Identify = (frame: Frame, body: StructAt | null, hint: Generation | undefined) => Identified;

/** A variant of the union that this program reads. */
interface Variant {
  /** Whether a body of this size can be this variant. */
  fits: (dataWords: number, pointers: number) => boolean;
  identify: Identify;
}

const emptyLayout = {};
const empty = (dataWords: number, pointers: number) => dataWords + pointers === 0;
const oneId = (dataWords: number, pointers: number) => dataWords === 0 && pointers === 1;

/** For a message with the same layout in all generations. Without a hint its generation is `newest`. */
function always(
  message: WireMessage['message'],
  layout: Layout,
  newest: Generation = 'g3',
): Identify {
  return (_frame, _body, hint) => ({ generation: hint ?? newest, message, layout });
}

function heartbeat(frame: Frame, body: StructAt | null, hint?: Generation): Identified {
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
}

function echo(_frame: Frame, _body: StructAt | null, hint: Generation = 'g3'): Identified {
  return {
    generation: hint,
    message: hint === 'g1' ? 'workerAdapterHeartbeatEcho' : 'workerManagerHeartbeatEcho',
    layout: emptyLayout,
  };
}

/** The element size code of the list at the body's first pointer; undefined if the pointer is null. */
function firstElementSize(frame: Frame, body: StructAt | null): number | undefined {
  return body ? frame.list(body, 0)?.element : undefined;
}

function command(frame: Frame, body: StructAt | null, hint?: Generation): Identified {
  const { dataWords, pointers } = body ?? { dataWords: 0, pointers: 0 };
  const message = 'workerManagerCommand';
  switch (firstElementSize(frame, body)) {
    case STRUCTS:
      return { generation: 'g3', message, layout: layouts.DesiredCommand };
    case BYTES:
      return groupCommand(hint);
    case POINTERS:
      break;
    case undefined:
      // Real schedulers never encode a null here. The bytes do not distinguish g1 from g2, so the hint decides.
      if (dataWords === 0 && pointers < 2)
        return { generation: 'g3', message, layout: layouts.DesiredCommand };
      if (pointers < 3 && (hint === 'g1' || hint === 'g1b')) return groupCommand(hint);
      break;
    default:
      throw new ProtocolFailure('a command of an unknown generation');
  }
  return pointers < 3
    ? { generation: 'g2', message, layout: layouts.StartShutdownCommand }
    : { generation: 'g23', message, layout: layouts.MixedCommand };
}

function groupCommand(hint: Generation | undefined): Identified {
  return {
    generation: hint === 'g1b' ? 'g1b' : 'g1',
    message: 'workerAdapterCommand',
    layout: layouts.WorkerAdapterCommand,
  };
}

function response(frame: Frame, body: StructAt | null, hint?: Generation): Identified {
  if (firstElementSize(frame, body) === BYTES || (body?.pointers ?? 0) > 2)
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
}

function workerHeartbeat(_frame: Frame, body: StructAt | null, hint?: Generation): Identified {
  return {
    generation: hint ?? (body && body.pointers < 4 ? 'g1' : 'g3'),
    message: 'workerHeartbeat',
    layout: body && body.dataWords > 3 ? layouts.WideWorkerHeartbeat : layouts.WorkerHeartbeat,
  };
}

function stateTask(_frame: Frame, body: StructAt | null, hint: Generation = 'g3'): Identified {
  return {
    generation: hint,
    message: 'stateTask',
    layout: body && body.dataWords > 1 ? layouts.WideStateTask : layouts.StateTask,
  };
}

function stateScheduler(frame: Frame, body: StructAt | null, hint?: Generation): Identified {
  const scaling = body && frame.struct(body, 6);
  const message = 'stateScheduler';
  // The lists of groups and of managers' workers have the same layout. Only g1 and the first release of g2 have no
  // further list.
  if (hint === 'g1' || hint === 'g1b' || (!hint && scaling?.pointers === 1))
    return { generation: hint ?? 'g1', message, layout: layouts.GroupStateScheduler };
  const details = scaling && frame.list(scaling, 1);
  const generation = hint ?? (details?.dataWords === 1 ? 'g2' : 'g3');
  return { generation, message, layout: schedulerLayout(frame, body) };
}

function schedulerLayout(frame: Frame, body: StructAt | null): Layout {
  const manager = body && frame.struct(body, 5);
  const workers = manager && frame.list(manager, 0);
  const wide = workers && element(workers, 0).dataWords > 4;
  return wide ? layouts.WideStateScheduler : layouts.StateScheduler;
}

/** Variants of the monitor stream and of workers, which have the same bodies in both numberings. */
const monitor = {
  scheduler: { fits: (d: number, p: number) => d === 1 && p >= 7, identify: stateScheduler },
  worker: {
    fits: (d: number, p: number) => d === 1 && p === 2,
    identify: always('stateWorker', layouts.StateWorker),
  },
  task: {
    fits: (d: number, p: number) => (d === 1 && p === 5) || (d >= 2 && p >= 5),
    identify: stateTask,
  },
  advice: {
    fits: (d: number, p: number) => d === 0 && p === 2,
    identify: always('stateBalanceAdvice', layouts.StateBalanceAdvice),
  },
};
const workers: [number, Variant][] = [
  [9, { fits: () => true, identify: workerHeartbeat }],
  [10, { fits: () => true, identify: always('workerHeartbeatEcho', layouts.WorkerHeartbeatEcho) }],
];

/** g1 to g3. */
const originalVariants: ReadonlyMap<number, Variant> = new Map([
  ...workers,
  [11, { fits: oneId, identify: always('disconnectRequest', layouts.Disconnect) }],
  [12, { fits: oneId, identify: always('disconnectResponse', layouts.Disconnect) }],
  [15, monitor.advice],
  [16, monitor.scheduler],
  [17, monitor.worker],
  [18, monitor.task],
  [25, { fits: (d: number, p: number) => d > 0 || p > 1, identify: heartbeat }],
  [26, { fits: () => true, identify: echo }],
  [27, { fits: (d: number, p: number) => d + p > 0, identify: command }],
  [28, { fits: (d: number, p: number) => d + p > 0, identify: response }],
]);
const LAST_ORIGINAL_VARIANT = 28;

/** g4: the two disconnect messages were removed from the union, so all later numbers are smaller by two. */
const renumberedVariants: ReadonlyMap<number, Variant> = new Map([
  ...workers,
  [13, monitor.advice],
  [14, monitor.scheduler],
  [15, monitor.worker],
  [16, monitor.task],
  [23, { fits: (d: number, p: number) => d > 0 || p > 1, identify: heartbeat }],
  [24, { fits: empty, identify: echo }],
  [25, { fits: oneId, identify: command }],
  [26, { fits: empty, identify: always('workerDisconnectNotification', emptyLayout, 'g4') }],
  [27, { fits: empty, identify: always('workerShutdown', emptyLayout, 'g4') }],
  [28, { fits: empty, identify: always('workerManagerShutdown', emptyLayout, 'g4') }],
  [29, { fits: empty, identify: always('workerManagerDisconnectNotification', emptyLayout, 'g4') }],
]);
const LAST_RENUMBERED_VARIANT = 29;

/**
 * Identifies a message by its variant number and the size of its body. `hint` is the sender's generation if it is
 * known; it decides if the bytes fit several generations, and is ignored if they fit only another one. Throws a
 * ProtocolFailure for an unknown variant.
 */
export function identify(
  frame: Frame,
  variant: number,
  body: StructAt | null,
  hint?: Generation,
): Identified {
  const { dataWords, pointers } = body ?? { dataWords: 0, pointers: 0 };
  const tryVariants = (variants: ReadonlyMap<number, Variant>, anySize = false) => {
    const found = variants.get(variant);
    if (!found || !(anySize || body === null || found.fits(dataWords, pointers))) return undefined;
    if (variants === originalVariants)
      return found.identify(frame, body, hint === 'g4' ? undefined : hint);
    return { ...found.identify(frame, body, 'g4'), generation: 'g4' as const };
  };

  const own = hint === 'g4' ? renumberedVariants : originalVariants;
  const others = own === originalVariants ? renumberedVariants : originalVariants;
  // An empty body fits every generation, and the disconnect messages fit the variants that got their numbers.
  const isDistinct = !hint || (dataWords + pointers > 0 && variant > 12);
  const found =
    tryVariants(own) ??
    (isDistinct ? tryVariants(others) : undefined) ??
    (hint && tryVariants(own, true));
  if (found) return found;
  if (variant > (hint === 'g4' ? LAST_RENUMBERED_VARIANT : LAST_ORIGINAL_VARIANT))
    throw new ProtocolFailure(`variant ${variant} is not in the protocol`);
  return { generation: hint ?? 'g3', message: 'other', layout: emptyLayout };
}

/** The variant number of the manager's heartbeat. Those of the echo and the command are one and two larger. */
export function heartbeatVariant(generation: Generation): number {
  return generation === 'g4' ? 23 : 25;
}
