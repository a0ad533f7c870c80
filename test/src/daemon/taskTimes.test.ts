import { describe, expect, it } from 'vitest';
import type { TaskObservation } from '../../../machines/shared/domain.ts';
import { bootTimes, newRegistration, newTimes } from '../../../src/daemon/taskTimes.ts';
import { Ledger } from '../../../src/store/ledger.ts';
import { adopted, observed } from '../store/samples.ts';

const observation = (taskArn: string, more: Partial<TaskObservation>): TaskObservation => ({
  taskArn,
  phase: 'running',
  cause: null,
  detail: null,
  createdAt: null,
  ...more,
});
const times = { createdAt: null, runningAt: null, registeredAt: null };

describe('newTimes', () => {
  it('returns what ECS said of an owned task and the ledger does not know, once', () => {
    const ledger = Ledger.replay([adopted('a', 'arn:1', null), adopted('b', 'arn:2', 7)]);
    const observations = [
      observation('arn:1', { createdAt: 10, startedAt: 20 }),
      observation('arn:2', { createdAt: 8, startedAt: 21 }),
    ];
    const records = newTimes(ledger, observations, 99);
    expect(records).toEqual([
      { ...observed('a', 'arn:1', { createdAt: 10, runningAt: 20 }), at: 99 },
      { ...observed('b', 'arn:2', { createdAt: 7, runningAt: 21 }), at: 99 },
    ]);
    for (const record of records) ledger.apply(record);
    expect(newTimes(ledger, observations, 100)).toEqual([]);
  });

  it('returns the creation of a task alone while it has not started', () => {
    const ledger = Ledger.replay([adopted('a', 'arn:1', null)]);
    expect(newTimes(ledger, [observation('arn:1', { createdAt: 10 })], 99)).toEqual([
      { ...observed('a', 'arn:1', { createdAt: 10 }), at: 99 },
    ]);
  });

  it('returns nothing of a task that no group owns, and nothing when ECS said nothing', () => {
    const ledger = Ledger.replay([adopted('a', 'arn:1', null)]);
    const observations = [observation('arn:1', {}), observation('arn:9', { createdAt: 10 })];
    expect(newTimes(ledger, observations, 99)).toEqual([]);
  });
});

describe('newRegistration', () => {
  it('returns the first registration of the workers of a group only', () => {
    const ledger = Ledger.replay([adopted('a', 'arn:1')]);
    const claim = { groupId: 'a', taskArn: 'arn:1' };
    const record = newRegistration(ledger, claim, 99);
    expect(record).toEqual({ kind: 'observed', ...claim, ...times, registeredAt: 99, at: 99 });
    if (record) ledger.apply(record);
    expect(newRegistration(ledger, claim, 100)).toBeNull();
  });

  it('returns nothing of a group that does not own the task', () => {
    const ledger = Ledger.replay([adopted('a', 'arn:1')]);
    expect(newRegistration(ledger, { groupId: 'a', taskArn: 'arn:2' }, 99)).toBeNull();
    expect(newRegistration(ledger, { groupId: 'b', taskArn: 'arn:1' }, 99)).toBeNull();
  });
});

describe('the boot times of a group', () => {
  const known = { taskArn: 'arn:1', createdAt: 1000, runningAt: 21_000.4, registeredAt: 25_000 };
  const ledger = (group: object) => ({ epoch: 'e', group: () => group as never });

  it('are the parts from its creation until the scheduler knows its workers', () => {
    expect(bootTimes(ledger(known), { groupId: 'e-1-0', taskArn: 'arn:1' })).toEqual({
      ...{ groupId: 'e-1-0', taskArn: 'arn:1' },
      ...{ provisioningMs: 20_000, registrationMs: 4000, totalMs: 24_000 },
    });
  });

  it('lack the parts that are not known', () => {
    const claim = { groupId: 'e-1-0', taskArn: 'arn:1' };
    expect(bootTimes(ledger({ ...known, runningAt: null }), claim)).toMatchObject({
      ...{ provisioningMs: null, registrationMs: null, totalMs: 24_000 },
    });
  });

  it('are not known before a run has begun', () => {
    const claim = { groupId: 'null-1-0', taskArn: 'arn:1' };
    expect(bootTimes({ ...ledger(known), epoch: null }, claim)).toMatchObject({ totalMs: null });
  });

  it('are not known of a task that an earlier run launched', () => {
    const claim = { groupId: 'd-1-0', taskArn: 'arn:1' };
    expect(bootTimes(ledger(known), claim)).toMatchObject({ totalMs: null });
  });
});
