import type { EventFields, EventName } from './events.ts';
import type { Log } from './log.ts';

const whileChangingMs = 60_000;
const otherwiseMs = 3_600_000;

/** What the tasks cost, as a summary reports it. */
export type SpendingFields = EventFields<'money.limitCleared'>;

type Phase = 'starting' | 'running' | 'draining';

/** By the first part of a state's path; of other states a group is gone. */
const phases: Record<string, Phase> = {
  requested: 'starting',
  provisioning: 'starting',
  running: 'running',
  draining: 'draining',
};

/** Counts what the events say of groups, and reports it each minute while anything changes, else each hour. */
export function createSummary(log: Log, now: () => number, spending: () => SpendingFields | null) {
  const groups = new Map<string, Phase>();
  const since = { launched: 0, ended: 0, failed: 0 };
  let desired: number | null = null;
  let isChanged = false;
  let reportedAt = now();

  function onGroup({ group, state }: EventFields<'group.stateChanged'>): void {
    const phase = phases[state.split('.')[0] ?? ''];
    if (phase === groups.get(group)) return;
    if (phase === undefined) groups.delete(group);
    else groups.set(group, phase);
    isChanged = true;
  }

  function onEnd({ task, cause }: EventFields<'group.ended'>): void {
    // Without a task nothing was launched that could end.
    if (task === null) return;
    isChanged = true;
    since.ended++;
    if (cause !== 'drained') since.failed++;
  }

  return {
    /** Groups that have not ended. */
    size: () => groups.size,

    on(name: EventName, fields: object): void {
      if (name === 'group.stateChanged') onGroup(fields as EventFields<typeof name>);
      else if (name === 'group.ended') onEnd(fields as EventFields<typeof name>);
      else if (name === 'launch.completed') {
        const { tasks } = fields as EventFields<typeof name>;
        since.launched += tasks;
        if (tasks > 0) isChanged = true;
      } else if (name === 'demand.changed') {
        desired = (fields as EventFields<typeof name>).tasks;
        isChanged = true;
      }
    },

    /** To be called each second or so. */
    tick(): void {
      if (now() - reportedAt < (isChanged ? whileChangingMs : otherwiseMs)) return;
      const count = { starting: 0, running: 0, draining: 0 };
      for (const phase of groups.values()) count[phase]++;
      log.report('fleet.summary', { ...count, desired, ...since, ...spending() });
      Object.assign(since, { launched: 0, ended: 0, failed: 0 });
      isChanged = false;
      reportedAt = now();
    },
  };
}
