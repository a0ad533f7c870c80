import { tickMs } from '../shared/timing.ts';
import type { Step } from './dialogue.ts';
import { nextHeartbeat } from './heartbeatNumbering.ts';
import { type Generation, type Heartbeat, speaksGroups } from './messages.ts';
import * as pending from './pendingResponse.ts';
import { fleetView, type SessionContext } from './sessionState.ts';
import { foreignGroups } from './unitProtocol.ts';

const noLimit = 2 ** 32 - 1;

/** Echoes come in order: one that is missing while so many later ones have come in time will not come. */
const echoesInOrder = 3;

function nextOutstanding({
  outstanding,
  missedEchoes,
  echoedInARow,
}: SessionContext): Pick<SessionContext, 'outstanding' | 'echoedInARow'> {
  const inARow = missedEchoes === 0 ? echoedInARow + 1 : 0;
  const isOld = inARow >= echoesInOrder;
  return { outstanding: (isOld ? 0 : outstanding) + 1, echoedInARow: inARow };
}

export function sendHeartbeat(before: SessionContext): Step {
  const { dialect, pendingResponse, now } = before;
  const [generation, numbering] = nextHeartbeat(dialect.numbering);
  const { capabilities, workerManagerId: workerManagerID } = before;
  const heartbeat = { ...capacity(before, generation), capabilities, workerManagerID };
  return {
    context: {
      ...before,
      dialect: { ...dialect, numbering },
      missedEchoes: before.missedEchoes + 1,
      ...nextOutstanding(before),
      pendingResponse: pending.onHeartbeatSent(
        pendingResponse,
        now + tickMs,
        dialect.certain !== null,
      ),
    },
    toSocket: [{ type: 'socket.send', message: { generation, type: 'heartbeat', heartbeat } }],
    notes: [{ note: 'heartbeatSent' }],
  };
}

/**
 * The first generation counts groups of workers, all others workers. It asks for no more as soon as it knows so many
 * groups, though they may be other managers' or dead: those come on top.
 */
function capacity(
  context: SessionContext,
  generation: Generation,
): Pick<Heartbeat, 'maxTaskConcurrency' | 'workersPerGroup'> {
  const { workers, workersPerTask, unitProtocol, dialect } = context;
  // A scheduler that has not shown itself, but its groups: if these fill the limit, it never sends a first command.
  const hasGroups = speaksGroups(generation) || dialect.certain === null;
  const foreign =
    hasGroups && workers > 0 ? foreignGroups(unitProtocol ?? { ended: [] }, fleetView(context)) : 0;
  if (!speaksGroups(generation))
    return { maxTaskConcurrency: Math.min(noLimit, workers + foreign) };
  return {
    maxTaskConcurrency:
      workers >= noLimit ? noLimit : Math.floor(workers / workersPerTask) + foreign,
    workersPerGroup: workersPerTask,
  };
}
