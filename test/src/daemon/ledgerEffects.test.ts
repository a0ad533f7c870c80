import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TaggedTask } from '../../../src/aws/tasks/taggedTask.ts';
import {
  answerByOurClock,
  byOurClock,
  inventoryOwedFor,
  journalAdoption,
  journalOutcome,
} from '../../../src/daemon/ledgerEffects.ts';
import { now } from '../../../src/shared/clock.ts';
import { type Journal, openJournal } from '../../../src/store/journal.ts';
import { silentLog } from '../../../src/telemetry/log.ts';

let dir: string;
let journal: Journal;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'scaler-ecs-ledger-'));
  journal = await openJournal(dir, silentLog);
});
afterEach(async () => {
  await journal.close();
  rmSync(dir, { recursive: true });
});

const order = { clientToken: 't', revision: 'rev:1', market: 'onDemand' as const, count: 2 };
const open = (label: string) =>
  journal.append({ kind: 'launch', label, ...order, requestHash: 'h', at: 1000 });
const claim = (groupId: string, taskArn: string) => ({ groupId, taskArn, createdAt: null });
const outcome = (label: string, ...groups: ReturnType<typeof claim>[]) =>
  journalOutcome(journal, { label, groups, refusals: [], outcomeUnknown: false });
const task = (taskArn: string, more: Partial<TaggedTask> = {}): TaggedTask => ({
  ...{ taskArn, label: null, phase: 'running', createdAt: 5, startedBy: 'se-x', scheduler: null },
  ...more,
});

describe('the outcome of a launch', () => {
  it('gives each task to one group', async () => {
    await open('l');
    const claims = [claim('l-0', 'arn:1'), claim('l-1', 'arn:2')];
    expect(outcome('l', ...claims)).toEqual(claims);
    expect(journal.ledger.owner('arn:1')).toBe('l-0');
  });

  it('owes an inventory where the launch was given up without an answer', async () => {
    await open('l');
    outcome('l');
    expect(journal.ledger.inventoryOwed()?.reasons).toEqual(['journalMissing']);
    await open('m');
    journalOutcome(journal, { label: 'm', groups: [], refusals: [], outcomeUnknown: true });
    expect(journal.ledger.inventoryOwed()).toMatchObject({
      reasons: expect.arrayContaining(['launchesAbandoned']),
      launches: [{ label: 'm' }],
    });
    // The ledger does not know this launch.
    journalOutcome(journal, { label: 'x', groups: [], refusals: [], outcomeUnknown: true });
    expect(journal.ledger.inventoryOwed()?.launches).toHaveLength(1);
  });

  it('keeps the cluster to which such a launch was sent, and its tag', async () => {
    const revision = 'arn:aws:ecs:eu-west-1:1:task-definition/d:3';
    const record = { kind: 'launch', label: 'l', ...order, requestHash: 'h', at: 1000 } as const;
    await journal.append({ ...record, revision, cluster: 'c', tag: 't' });
    journalOutcome(journal, { label: 'l', groups: [], refusals: [], outcomeUnknown: true });
    expect(journal.ledger.usedPlaces()).toEqual({
      clusters: ['arn:aws:ecs:eu-west-1:1:cluster/c'],
      tags: ['t'],
    });
    expect(journal.ledger.isOpen('l')).toBe(false);
  });

  it('does not hand out a task that another group owns', async () => {
    await open('l');
    await open('m');
    outcome('l', claim('l-0', 'arn:1'));
    const free = claim('m-1', 'arn:2');
    expect(outcome('m', claim('m-0', 'arn:1'), free)).toEqual([free]);
    expect(journal.ledger.owner('arn:1')).toBe('l-0');
  });
});

describe('the adoption of orphans', () => {
  const orphan = { groupId: 'orphan-1', taskArn: 'arn/1', createdAt: 5, deadlinesFrom: 900 };

  it('is accepted once', () => {
    expect(journalAdoption(journal, [orphan])).toEqual([orphan]);
    expect(journal.ledger.groups()).toMatchObject([orphan]);
    expect(journalAdoption(journal, [{ ...orphan, groupId: 'orphan-2' }])).toEqual([]);
  });

  it('has no creation where ECS has not said it', () => {
    journalAdoption(journal, [{ ...orphan, createdAt: null }]);
    expect(journal.ledger.groups()[0]?.createdAt).toBeNull();
  });

  it('is never younger than now, whatever clock the task was launched by', () => {
    journalAdoption(journal, [{ ...orphan, createdAt: now() + 3_600_000 }]);
    expect(journal.ledger.groups()[0]?.createdAt).toBeLessThanOrEqual(now());
  });
});

it('tells by our clock when a task was created', () => {
  expect(byOurClock(100, task('a', { createdAt: 500 })).createdAt).toBe(400);
  expect(byOurClock(100, task('a', { createdAt: null })).createdAt).toBeNull();
});

it('returns the start of a task by our clock where ECS says it, and adds none where it does not', () => {
  const seen = { createdAt: 5000, startedAt: 6000 };
  expect(byOurClock(1000, seen)).toStrictEqual({ createdAt: 4000, startedAt: 5000 });
  expect(byOurClock(-1000, { createdAt: 5000 })).toStrictEqual({ createdAt: 6000 });
});

it('returns the creation of launched tasks by our clock, and nothing else of the answer changes', () => {
  const answer = { taskArns: ['arn:1', 'arn:2'], refusals: [] };
  expect(answerByOurClock(1000, answer)).toBe(answer);
  expect(answerByOurClock(1000, { ...answer, createdAt: { 'arn:1': 5000 } })).toEqual({
    ...answer,
    createdAt: { 'arn:1': 4000 },
  });
});

it('names the launch for which an inventory is owed, if the journal knows it', async () => {
  await open('l');
  const owed = { kind: 'inventoryOwed', reason: 'launchesAbandoned', at: 7 };
  expect(inventoryOwedFor(journal.ledger.openLaunch('l'), 7)).toEqual({
    ...owed,
    launch: { label: 'l', count: 2, market: 'onDemand' },
  });
  expect(inventoryOwedFor(null, 7)).toStrictEqual(owed);
});
