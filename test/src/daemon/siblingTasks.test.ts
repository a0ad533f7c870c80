import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { DescribedTasks, TaskObservation } from '../../../machines/shared/domain.ts';
import { reportSiblingTasks } from '../../../src/daemon/siblingTasks.ts';
import { type Journal, openJournal } from '../../../src/store/journal.ts';
import { writeManagerFile } from '../../../src/store/managerFile.ts';
import { openStateDir } from '../../../src/store/stateDir.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { adopted, launch, listening, temporaryDir } from '../store/samples.ts';

const observed = (taskArn: string, phase: TaskObservation['phase']): TaskObservation => ({
  ...{ taskArn, phase, cause: null, detail: null, createdAt: null },
});
const failed = (kind: 'unreachable' | 'unprepared', ...taskArns: string[]) => ({
  ...{ cluster: 'c', kind, reason: 'no', taskArns },
});

let root: string;
/** What our own list does not cover. */
const elsewhere = { taskArns: [] as string[], launches: 0 };
const unlisted = () => elsewhere;
const pauses: number[] = [];
/** The ARNs that ECS is asked for, look by look. */
const asked: string[][] = [];
beforeEach(() => {
  Object.assign(elsewhere, { taskArns: [], launches: 0 });
  root = temporaryDir();
  pauses.splice(0);
  asked.splice(0);
});

async function leave(
  name: string,
  arns: string[],
  isLaunchOpen = false,
  ...more: Parameters<Journal['note']>[0][]
): Promise<string> {
  const dir = join(root, name);
  (await openStateDir(dir, silentLog)).release();
  const journal = await openJournal(dir, silentLog);
  arns.forEach((arn, i) => void journal.note(adopted(`${name}-${i}`, arn)));
  if (isLaunchOpen) await journal.append(launch('l'));
  for (const record of more) journal.note(record);
  await journal.close();
  return dir;
}

/** What is reported when ECS shows these, look by look. */
async function reported(...shown: DescribedTasks[]) {
  const { log, lines } = listening();
  const stateDir = await leave('ours', ['arn:ours']);
  let looks = 0;
  const describe = async (taskArns: string[]) => {
    asked.push(taskArns);
    const last = shown[Math.min(looks++, shown.length - 1)];
    return last ?? { observations: [], failures: [] };
  };
  const pause = async (ms: number) => pauses.push(ms);
  await reportSiblingTasks(
    { stateDir, mark: 'se-ours', unlistedIn: unlisted, describe, log, pause },
    new AbortController().signal,
  );
  return lines.map(({ level, text, fields }) => [level, text, fields]);
}

describe('reportSiblingTasks', () => {
  it('warns of tasks of another manager that still run, and of its launches without an answer', async () => {
    const path = await leave('other', ['arn:1', 'arn:2', 'arn:3'], true);
    const observations = [
      observed('arn:1', 'running'),
      observed('arn:2', 'stopped'),
      observed('arn:3', 'missing'),
    ];
    const first = { observations, failures: [] };
    const denied = { observations: [observed('arn:3', 'missing')], failures: [] };
    expect(await reported(first, denied)).toEqual([
      ['warn', 'siblings.tasksFound', { path, tasks: ['arn:1'], launches: 1 }],
    ]);
    // What ECS denies may live all the same, for some seconds.
    expect(pauses).toEqual([3000, 30_000, 30_000, 30_000]);
    expect(asked).toEqual([['arn:1', 'arn:2', 'arn:3'], ['arn:3'], ['arn:3'], ['arn:3']]);
    const facts = { mark: 'se-x', region: 'r', cluster: 'c' };
    writeManagerFile(path, { manager: 'wm', workerScheduler: 'tcp://s:1', ...facts }, silentLog);
    expect((await reported(first, denied)).at(-1)?.at(-1)).toMatchObject({
      ...{ manager: 'wm', scheduler: 'tcp://s:1' },
    });
  });

  it('reports a task that ECS denies at first once it is shown', async () => {
    const path = await leave('other', ['arn:1', 'arn:2'], true);
    const both = [observed('arn:1', 'missing'), observed('arn:2', 'missing')];
    const one = [observed('arn:1', 'running'), observed('arn:2', 'missing')];
    expect(
      await reported(
        { observations: both, failures: [] },
        { observations: one, failures: [] },
        { observations: [], failures: [failed('unreachable', 'arn:2')] },
        { observations: [observed('arn:2', 'running')], failures: [] },
      ),
    ).toEqual([
      ['warn', 'siblings.tasksFound', { path, launches: 1 }],
      ['warn', 'siblings.tasksFound', { path, tasks: ['arn:1'], launches: 0 }],
      ['warn', 'siblings.tasksFound', { path, tasks: ['arn:2'], launches: 0 }],
    ]);
    expect(asked).toEqual([['arn:1', 'arn:2'], ['arn:1', 'arn:2'], ['arn:2'], ['arn:2']]);
  });

  it('reports launches without an answer of a manager that has no tasks, and asks ECS for none', async () => {
    const path = await leave('other', [], true);
    expect(await reported()).toEqual([['warn', 'siblings.tasksFound', { path, launches: 1 }]]);
    expect(asked).toEqual([]);
  });

  it('counts launches that were given up, as long as no list has shown what they started', async () => {
    const owed = { kind: 'inventoryOwed', reason: 'launchesAbandoned', at: 1 } as const;
    const given = { label: 'm', count: 2, market: 'onDemand' } as const;
    const path = await leave('other', [], true, { ...owed, launch: given });
    expect(await reported()).toEqual([['warn', 'siblings.tasksFound', { path, launches: 2 }]]);
  });

  it('reports in the end both the tasks that run and those that cannot be looked at', async () => {
    const path = await leave('other', ['arn:1', 'arn:2']);
    const half = {
      observations: [observed('arn:1', 'running')],
      failures: [failed('unreachable', 'arn:2')],
    };
    expect(await reported(half)).toEqual([
      ['warn', 'siblings.tasksFound', { path, tasks: ['arn:1'], unseen: ['arn:2'], launches: 0 }],
    ]);
    expect(asked).toEqual(Array(4).fill(['arn:1', 'arn:2']));
  });

  it('says nothing when all of them have ended, or their cluster does not exist any more', async () => {
    await leave('other', ['arn:1', 'arn:2']);
    const gone = {
      observations: [observed('arn:1', 'stopped')],
      failures: [failed('unprepared', 'arn:2')],
    };
    expect(await reported(gone)).toEqual([]);
  });

  it('leaves to our own list what carries our tag: only the address of a fleet with a fleet_id has changed', async () => {
    const path = await leave('other', ['arn:1']);
    const facts = { manager: 'wm', workerScheduler: 'tcp://s:1', region: 'r', cluster: 'c' };
    writeManagerFile(path, { ...facts, mark: 'se-ours' }, silentLog);
    const observations = [observed('arn:1', 'running')];
    expect(await reported({ observations, failures: [] })).toEqual([]);
  });

  it('warns of what carries our tag where our own list does not look', async () => {
    const path = await leave('other', ['arn:1', 'arn:2'], true);
    const facts = { manager: 'wm', workerScheduler: 'tcp://s:1', region: 'r', cluster: 'c' };
    writeManagerFile(path, { ...facts, mark: 'se-ours' }, silentLog);
    Object.assign(elsewhere, { taskArns: ['arn:2'], launches: 1 });
    const observations = [observed('arn:1', 'running'), observed('arn:2', 'running')];
    expect(await reported({ observations: observations.slice(1), failures: [] })).toMatchObject([
      ['warn', 'siblings.tasksFound', { path, tasks: ['arn:2'], launches: 1 }],
    ]);
    expect(asked).toEqual([['arn:2']]);
  });

  it('reports a task of an unknown status as one that cannot be looked at', async () => {
    const path = await leave('other', ['arn:1']);
    const unseen = {
      observations: [observed('arn:1', 'unknown')],
      failures: [failed('unreachable', 'arn:1')],
    };
    expect(await reported(unseen)).toEqual([
      ['warn', 'siblings.tasksFound', { path, unseen: ['arn:1'], launches: 0 }],
    ]);
  });

  it('looks again while some cannot be looked at, and says so in the end', async () => {
    const path = await leave('other', ['arn:1']);
    const unseen = { observations: [], failures: [failed('unreachable', 'arn:1')] };
    const seen = { observations: [observed('arn:1', 'starting')], failures: [] };
    expect(await reported(unseen, unseen, seen)).toEqual([
      ['warn', 'siblings.tasksFound', { path, tasks: ['arn:1'], launches: 0 }],
    ]);
    expect(pauses).toEqual([3000, 30_000, 30_000]);
    expect(await reported(unseen)).toEqual([
      ['warn', 'siblings.tasksFound', { path, unseen: ['arn:1'], launches: 0 }],
    ]);
  });

  it('looks at nothing when there is no other directory', async () => {
    expect(await reported()).toEqual([]);
    expect(asked).toEqual([]);
  });

  it('looks at nothing once the daemon ends', async () => {
    await leave('other', ['arn:1']);
    const { log } = listening();
    const stateDir = join(root, 'ours');
    const describe = async (taskArns: string[]) => {
      asked.push(taskArns);
      return { observations: [], failures: [] };
    };
    const tools = { stateDir, mark: 'se-ours', unlistedIn: unlisted, describe, log };
    await expect(reportSiblingTasks(tools, AbortSignal.abort())).resolves.toBeUndefined();
    expect(asked).toEqual([]);
  });
});
