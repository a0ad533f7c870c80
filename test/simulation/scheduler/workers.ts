import type { CommandResponse, SchedulerMessage } from '../../../machines/scheduler/messages.ts';
import {
  type Dialogue,
  kept,
  managedBy,
  type Policy,
  type Situation,
  type Source,
  wants,
} from './dialogue.ts';
import type { SchedulerRelease } from './releases.ts';

/** What is to start and to stop, as g2 and g23 say it: units one by one, workers by their ids. */
export function unitCommands(
  policy: Policy,
  release: SchedulerRelease,
  source: Source,
  situation: Situation,
): SchedulerMessage[] {
  const managed = managedBy(source, situation);
  const grown = source.tooManyAt === null || managed.length > source.tooManyAt;
  if (release.tooManyStops === 'everything' && !grown) return [];
  const wanted = wants(policy, situation);
  if (wanted === 'more') {
    if (release.tooManyStops === 'starts' && !grown) return [];
    const isRoom = managed.length + source.pendingWorkers < source.cap;
    return isRoom ? [{ type: 'start', capabilities: [] }] : [];
  }
  if (wanted === 'same' || managed.length === 0) return [];
  const idleFirst = managed.toSorted((a, b) => a.queued - b.queued);
  const named =
    release.names === 'one'
      ? idleFirst.slice(0, 1)
      : idleFirst.slice(0, Math.max(0, managed.length - kept(policy, situation)));
  const workerIds = named.map(({ workerId }) => workerId);
  return workerIds.length > 0 ? [{ type: 'shutdown', groupId: null, workerIds }] : [];
}

/** Any response ends the wait; some releases remember what it said. */
export function onUnitResponse(
  release: SchedulerRelease,
  source: Source,
  response: CommandResponse,
  situation: Situation,
): string | null {
  const { command, outcome, workerIds, groupId } = response;
  source.waitsFor = null;
  if (groupId !== '') return `group ${groupId} answered to a scheduler without groups`;
  if (command === 'start' && outcome === 'tooMany')
    source.tooManyAt = managedBy(source, situation).length;
  if (command === 'shutdown' && outcome === 'success') source.tooManyAt = null;
  if (command !== 'start' || outcome !== 'success') return null;
  source.tooManyAt = null;
  if (release.pending === 'one') source.pendingWorkers++;
  if (release.pending === 'workerIds') source.pendingWorkers += workerIds.length;
  return null;
}

/** g2: units are started, and workers are named for shutdown. */
export function workerDialogue(policy: Policy, release: SchedulerRelease): Dialogue {
  return {
    groups: () => null,
    commands: (source, situation) =>
      release.waits && source.waitsFor !== null
        ? []
        : unitCommands(policy, release, source, situation),
    onResponse: (source, response, situation) =>
      onUnitResponse(release, source, response, situation),
  };
}
