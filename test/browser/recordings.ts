import { headerOf } from '../../src/telemetry/inspector/inspect.ts';
import { lineOf } from '../../src/telemetry/inspector/past.ts';
import type { Entry, RecordingLine, StateValue } from '../../src/telemetry/inspector/recording.ts';

export const begin = Date.UTC(2026, 10, 26, 12, 0, 0);
const second = 1000;

/** Every tenth group ends, by one of these. */
const causes = ['drained', 'exited', 'interrupted', 'startFailed'];
const subnets = ['subnet-a', 'subnet-b', 'subnet-c'];

const managerState: StateValue = {
  lifecycle: 'active',
  scheduler: 'present',
  inventory: 'idle',
  monitor: 'connected',
  hold: 'running',
};

/** A fleet of so many groups, launched ten a second: what a daemon would have recorded. */
export function fleetRecording(count: number): string {
  const entries: Entry[] = [];
  const born = (
    at: number,
    actor: number,
    name: string,
    machine: string,
    parent: number | null,
    state: StateValue,
  ) => entries.push({ at, actor, born: name, machine, parent, state, context: {} });
  born(begin, 1, 'daemon', 'daemon', null, 'serving');
  born(begin, 2, 'session', 'session', 1, { online: { connected: 'ready' } });
  born(begin, 3, 'monitor', 'monitor', 1, { online: 'receiving' });
  born(begin, 4, 'fleetManager', 'fleetManager', 1, managerState);
  entries.push({
    ...{ at: begin, actor: 4 },
    set: {
      ...{ desired: count, missing: 3, lastEchoAt: begin },
      blockers: [
        {
          ...{ kind: 'rateAllowance', clears: 'the next second', since: begin, until: null },
          sentence: 'the launch quota allows 100 tasks at once and 20 a second; it is used up',
        },
      ],
    },
  });
  let cohort = 4;
  for (let i = 0; i < count; i++) {
    if (i % 100 === 0) {
      cohort = 10 + i / 100;
      born(begin, cohort, `cohort.${i / 100}`, 'cohort', 4, 'idle');
    }
    addGroup(entries, 1000 + i, i, cohort);
  }
  entries.sort((a, b) => a.at - b.at);
  const lines: RecordingLine[] = [{ header: headerOf(`fleet of ${count}`, begin) }, ...entries];
  return `${lines.map(lineOf).join('\n')}\n`;
}

function addGroup(entries: Entry[], actor: number, i: number, cohort: number): void {
  const id = `a1b2c3-${i}-0`;
  const at = begin + i * 100;
  const taskArn = `task${String(i).padStart(8, '0')}`;
  const went = (after: number, type: string, edge: string, state: StateValue, set = {}) =>
    entries.push({
      ...{ at: at + after, actor, from: cohort, took: [edge], state, set },
      event: { type },
    });
  entries.push({
    ...{ at, actor, born: `group.${id}`, machine: 'workerGroup', parent: cohort },
    ...{ state: 'requested', context: { groupId: id, registered: false, drainRequested: false } },
  });
  const market = i % 3 === 0 ? 'spot' : 'onDemand';
  entries.push({ at, actor, record: { market, subnet: subnets[i % 3] as string, createdAt: at } });
  went(2 * second, 'group.launched', 'requested/group.launched/2', 'provisioning', { taskArn });
  went(25 * second, 'task.running', 'provisioning/task.running/0', 'running');
  if (i % 10 !== 7) return;
  const cause = causes[Math.floor(i / 10) % causes.length] as string;
  if (cause === 'drained') {
    went(40 * second, 'group.drain', 'running/group.drain/0', { draining: 'waiting' });
    went(50 * second, 'group.stop', 'draining.waiting/group.stop/0', { draining: 'stopping' });
  }
  went(60 * second, 'task.stopped', '/task.stopped/0', 'stopped', { cause });
  entries.push({
    at: at + 60 * second,
    actor,
    ended: 'done',
    output: { groupId: id, taskArn, cause },
  });
  const detail = cause === 'interrupted' ? 'Your Spot Task was interrupted.' : 'exit code 1';
  entries.push({
    ...{
      at: at + 60 * second,
      report: 'group.ended',
      level: cause === 'drained' ? 'info' : 'warn',
    },
    ...{ sentence: `Group ${id} ended: ${cause} (${detail}).` },
    fields: { group: id, task: taskArn, cause, detail },
    ...(cause !== 'drained' && { remedy: "Look at the container's log." }),
  });
}
