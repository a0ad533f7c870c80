import { type Generation, type Heartbeat, speaksGroups } from './messages.ts';
import { fleetView, type SessionContext } from './sessionState.ts';
import { foreignGroups } from './unitProtocol.ts';

const noLimit = 2 ** 32 - 1;

/**
 * The first generation counts groups of workers, all others workers. It asks for no more as soon as it knows so many
 * groups, though they may be other managers' or dead: those come on top.
 */
export function heartbeatCapacity(
  context: SessionContext,
  generation: Generation,
): Pick<Heartbeat, 'maxTaskConcurrency' | 'workersPerGroup'> {
  const { workers, workersPerTask, unitProtocol } = context;
  if (!speaksGroups(generation)) return { maxTaskConcurrency: workers };
  const foreign =
    workers > 0 && unitProtocol?.groups ? foreignGroups(unitProtocol, fleetView(context)) : 0;
  return {
    maxTaskConcurrency:
      workers >= noLimit ? noLimit : Math.floor(workers / workersPerTask) + foreign,
    workersPerGroup: workersPerTask,
  };
}
