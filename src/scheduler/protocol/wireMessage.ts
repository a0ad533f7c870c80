import type { Generation } from '../../../machines/scheduler/messages.ts';
import type { Fields, Layout } from './fields.ts';
import type * as layouts from './schema/layouts.ts';

/** One member a generation, so that the generation alone tells the fields. */
type Wire<G, M extends string, L extends Layout> = G extends Generation
  ? { generation: G; message: M; fields: Fields<L> }
  : never;

type Group = 'g1' | 'g1b';
type Any = Generation;
type Empty = Record<never, never>;

/**
 * One message, under the names of its own generation. `other` is a message of the union that is neither
 * for a worker manager nor about workers and tasks; only its number is read.
 */
export type WireMessage =
  | Wire<'g1', 'workerAdapterHeartbeat', typeof layouts.WorkerAdapterHeartbeat>
  | Wire<'g1b', 'workerManagerHeartbeat', typeof layouts.NamedAdapterHeartbeat>
  | Wire<
      'g2' | 'g23' | 'g3' | 'g4',
      'workerManagerHeartbeat',
      typeof layouts.WorkerManagerHeartbeat
    >
  | Wire<'g1', 'workerAdapterHeartbeatEcho', Empty>
  | Wire<Exclude<Any, 'g1'>, 'workerManagerHeartbeatEcho', Empty>
  | Wire<Group, 'workerAdapterCommand', typeof layouts.WorkerAdapterCommand>
  | Wire<'g2', 'workerManagerCommand', typeof layouts.StartShutdownCommand>
  | Wire<'g23', 'workerManagerCommand', typeof layouts.MixedCommand>
  | Wire<'g3' | 'g4', 'workerManagerCommand', typeof layouts.DesiredCommand>
  | Wire<Group, 'workerAdapterCommandResponse', typeof layouts.WorkerAdapterCommandResponse>
  | Wire<'g2' | 'g23', 'workerManagerCommandResponse', typeof layouts.StartShutdownResponse>
  | Wire<Any, 'disconnectRequest' | 'disconnectResponse', typeof layouts.Disconnect>
  | Wire<
      Any,
      'workerHeartbeat',
      typeof layouts.WorkerHeartbeat | typeof layouts.WideWorkerHeartbeat
    >
  | Wire<Any, 'workerHeartbeatEcho', typeof layouts.WorkerHeartbeatEcho>
  | Wire<
      'g4',
      | 'workerDisconnectNotification'
      | 'workerShutdown'
      | 'workerManagerShutdown'
      | 'workerManagerDisconnectNotification',
      Empty
    >
  | Wire<
      Any,
      'stateScheduler',
      | typeof layouts.GroupStateScheduler
      | typeof layouts.StateScheduler
      | typeof layouts.WideStateScheduler
    >
  | Wire<Any, 'stateWorker', typeof layouts.StateWorker>
  | Wire<Any, 'stateTask', typeof layouts.StateTask | typeof layouts.WideStateTask>
  | Wire<Any, 'stateBalanceAdvice', typeof layouts.StateBalanceAdvice>
  | { generation: Any; message: 'other'; fields: { variant: number } };
