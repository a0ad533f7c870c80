import type { FleetView, UnitCommand, WorkerLoad } from '../../machines/scheduler/messages.ts';
import { foreignGroups, onCommand, poll } from '../../machines/scheduler/unitProtocol.ts';
import {
  newUnitProtocol,
  type Reply,
  type UnitProtocol,
} from '../../machines/scheduler/unitState.ts';

export const capabilities = [{ name: 'gpu', value: '1' }];
export const start = { type: 'start' as const, capabilities: [] };
export const shutdown = (...workerIds: string[]) => ({
  type: 'shutdown' as const,
  groupId: null,
  workerIds,
});
export const shutdownGroup = (groupId: string) => ({
  type: 'shutdown' as const,
  groupId,
  workerIds: [],
});
export const worker = (taskId: string, n: number) => `Worker|ECS-${taskId}|name|${n}`;

/** A dialogue, with the fleet around it as the test says. What it keeps goes through JSON at each step. */
export const about = (
  groups: boolean,
  first: string[] = [],
  maxTasks: number | null = null,
  { newUntil = 0, workersPerTask = 2 } = {},
) => {
  const world = {
    at: 0,
    ours: new Set(first),
    loads: new Map<string, Pick<WorkerLoad, 'workers' | 'tasks'>>(),
    /** Undefined: a list has come just now. */
    listedAt: undefined as number | null | undefined,
    complete: true,
    groups: null as FleetView['groups'],
  };
  const settings = { maxTasks, workersPerTask, capabilities, heartbeatIntervalMs: 2000 };
  const view = (): FleetView => ({
    at: world.at,
    taskIds: [...world.ours],
    loads: Object.fromEntries(
      [...world.loads].map(([taskId, load]) => [taskId, { ...load, canceling: 0 }]),
    ),
    listedAt: world.listedAt === undefined ? world.at : world.listedAt,
    inventoryComplete: world.complete,
    groups: world.groups,
  });
  let state = newUnitProtocol(groups, view(), newUntil);
  const kept = (outcome: { state: UnitProtocol; replies: Reply[] }): Reply[] => {
    state = JSON.parse(JSON.stringify(outcome.state));
    return outcome.replies;
  };
  const hear = (command: UnitCommand) => kept(onCommand(state, command, view(), settings));
  const at = (ms: number): Reply[] => {
    world.at = ms;
    return kept(poll(state, view(), settings));
  };
  const strange = () => foreignGroups(state, view());
  return { world, hear, at, strange };
};

export const answers = (replies: Reply[]) =>
  replies.flatMap((each) =>
    each.type === 'respond' ? [[each.response.outcome, each.response.groupId]] : [],
  );
export const told = (replies: Reply[]) =>
  replies.flatMap((each) => {
    if (each.type === 'respond') return [];
    if ('taskIds' in each) return [['release', ...each.taskIds]];
    return [[each.type === 'requestStart' ? 'start' : each.type]];
  });
