import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SurveyedTask } from '../../../src/aws/tasks/listTasks.ts';
import { adoptStrays, claimOutcome, foreignTo } from '../../../src/daemon/ownership.ts';
import { now } from '../../../src/shared/clock.ts';
import { type Journal, openJournal } from '../../../src/store/journal.ts';
import { silentLog } from '../../../src/telemetry/log.ts';

let dir: string;
let journal: Journal;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'scaler-ecs-ownership-'));
  journal = await openJournal(dir, silentLog);
});
afterEach(async () => {
  await journal.close();
  rmSync(dir, { recursive: true });
});

const order = { clientToken: 't', revision: 'rev:1', market: 'onDemand' as const, count: 2 };
const open = (label: string) =>
  journal.append({ kind: 'launch', label, ...order, requestHash: 'h', at: 1000 });
const outcome = (label: string, ...taskArns: string[]) => ({
  label,
  groupIds: [`${label}-0`, `${label}-1`],
  answer: { taskArns, refusals: [] },
});
const task = (taskArn: string, more: Partial<SurveyedTask> = {}): SurveyedTask => ({
  taskArn,
  label: null,
  phase: 'running',
  createdAt: 5,
  startedBy: 'se-x',
  scheduler: 'tcp://1.2.3.4:8516',
  ...more,
});

describe('the outcome of a launch', () => {
  it('gives each task to one group', async () => {
    await open('l');
    expect(claimOutcome(journal, silentLog)(outcome('l', 'arn:1', 'arn:2'))).toEqual([
      { groupId: 'l-0', taskArn: 'arn:1' },
      { groupId: 'l-1', taskArn: 'arn:2' },
    ]);
  });

  it('does not hand out a task that somebody owns, nor more tasks than there are groups', async () => {
    await open('l');
    await open('m');
    const claim = claimOutcome(journal, silentLog);
    claim(outcome('l', 'arn:1'));
    expect(claim(outcome('m', 'arn:1', 'arn:2', 'arn:3'))).toEqual([
      { groupId: 'm-1', taskArn: 'arn:2' },
    ]);
    expect(journal.ledger.owner('arn:1')).toBe('l-0');
    expect(journal.ledger.owner('arn:3')).toBeUndefined();
  });
});

describe('strays', () => {
  const adopt = (...tasks: SurveyedTask[]) =>
    adoptStrays(journal, 'tcp://1.2.3.4:8516', silentLog)(100, tasks).adopted;

  it('are taken over once', () => {
    const stray = { groupId: 'stray-1', taskArn: 'arn/1' };
    expect(adopt(task('arn/1'))).toMatchObject([stray]);
    expect(adopt(task('arn/1'))).toEqual([]);
    expect(journal.ledger.groups()).toEqual([{ ...stray, launchedAt: 5 }]);
  });

  it.each([3_600_000, -3_600_000])(
    'have their deadlines before them, by whatever clock they were launched: %i ms',
    (ahead) => {
      const before = now();
      const [adopted] = adopt({ ...task('arn/1'), createdAt: now() + ahead });
      expect(adopted?.launchedAt).toBeGreaterThanOrEqual(before);
      expect(adopted?.launchedAt).toBeLessThanOrEqual(now());
      expect(journal.ledger.groups()[0]?.launchedAt).toBeLessThanOrEqual(now());
    },
  );

  it('that appear while we run are taken over when two lists show them, five seconds apart', () => {
    const list = adoptStrays(journal, 'tcp://1.2.3.4:8516', silentLog);
    expect(list(100, [])).toMatchObject({ adopted: [], unconfirmed: 0 });
    const [one, two] = [task('arn/1'), task('arn/2')];
    expect(list(1000, [one])).toMatchObject({ adopted: [], unconfirmed: 1 });
    expect(list(5999, [one, two])).toMatchObject({ adopted: [], unconfirmed: 2 });
    expect(journal.ledger.groups()).toEqual([]);
    const third = list(6000, [one, two]);
    expect(third).toMatchObject({ adopted: [{ taskArn: 'arn/1' }], unconfirmed: 1 });
    // One that was gone meanwhile begins anew.
    expect(list(7000, [])).toMatchObject({ adopted: [], unconfirmed: 0 });
    expect(list(12_000, [two])).toMatchObject({ adopted: [], unconfirmed: 1 });
    expect(list(17_000, [two])).toMatchObject({ adopted: [{ taskArn: 'arn/2' }], unconfirmed: 0 });
  });

  it('are not the tasks of a launch whose answer is still out', async () => {
    await open('l');
    expect(adopt(task('arn/1', { label: 'l' }))).toEqual([]);
    claimOutcome(journal, silentLog)(outcome('l'));
    expect(adopt(task('arn/1', { label: 'l' }))).toHaveLength(1);
  });

  it('are left alone when their workers serve another scheduler', () => {
    expect(adopt(task('arn/1', { scheduler: 'tcp://9.9.9.9:1' }))).toEqual([]);
  });

  it('are not those that are ending anyway', () => {
    expect(
      adopt(task('arn/1', { phase: 'stopping' }), task('arn/2', { phase: 'stopped' })),
    ).toEqual([]);
  });

  it('are left alone while the scheduler does not answer: somebody else may hold our name', () => {
    let silent = true;
    const adopt = adoptStrays(journal, 'tcp://1.2.3.4:8516', silentLog, {
      unanswered: () => silent,
      foreign: () => false,
    });
    expect(() => adopt(100, [task('arn/1')])).toThrow(
      expect.objectContaining({
        kind: 'unreachable',
        message: expect.stringContaining('another manager'),
      }),
    );
    expect(journal.ledger.owner('arn/1')).toBeUndefined();
    silent = false;
    expect(adopt(100, [task('arn/1')]).adopted).toHaveLength(1);
  });

  it('are not what another manager launches under our name, which is said once', () => {
    const errors: object[] = [];
    const log = { ...silentLog, error: (fields: object) => errors.push(fields) };
    const foreign = foreignTo(1000, (label) => label === 'ours-1');
    const adopt = adoptStrays(journal, 'tcp://1.2.3.4:8516', log, {
      unanswered: () => false,
      foreign,
    });
    const late = { createdAt: 121_001 };
    const tasks = [
      task('arn/earlier', { label: 'x-1', createdAt: 121_000 }),
      task('arn/ours', { label: 'ours-1', ...late }),
      task('arn/other', { label: 'x-2', ...late }),
      task('arn/unlabelled', late),
      task('arn/ageless', { label: 'x-3', createdAt: null }),
    ];
    const adopted = adopt(100, tasks).adopted.map(({ taskArn }) => taskArn);
    expect(adopted).toEqual(['arn/earlier', 'arn/ours', 'arn/unlabelled', 'arn/ageless']);
    adopt(200, tasks);
    expect(errors).toMatchObject([{ task: 'arn/other', launch: 'x-2' }]);
  });
});
