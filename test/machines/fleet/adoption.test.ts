import { describe, expect, it } from 'vitest';
import {
  type AdoptionFacts,
  type AdoptionState,
  decideAdoption,
  noAdoption,
} from '../../../machines/fleet/adoption.ts';
import type { ListedTask } from '../../../machines/shared/domain.ts';
import { orphan } from '../../support/liveManager.ts';

const facts: AdoptionFacts = {
  ...{ adoption: noAdoption, workerSchedulerAddress: 'tcp://1.2.3.4:8516', tagSuffices: false },
  connection: 'ready',
  ...{ epoch: 'ours', startedAt: 1000, openAtStart: ['earlier-1'], now: 7000 },
};
const decide = (tasks: ListedTask[], given: Partial<AdoptionFacts> = {}, startedAt = 100) =>
  decideAdoption({ startedAt, tasks }, { ...facts, ...given });
const adopted = (tasks: ListedTask[], given: Partial<AdoptionFacts> = {}) =>
  decide(tasks, given).adoption.adopting.map(({ taskArn }) => taskArn);

describe('orphans', () => {
  it('of the first inventory are taken over at once; their deadlines count from now', () => {
    const { adoption } = decide([
      orphan('arn/1', { createdAt: 3 }),
      orphan('arn/2', { createdAt: null }),
    ]);
    expect(adoption.adopting).toEqual([
      { groupId: 'orphan-1', taskArn: 'arn/1', createdAt: 3, deadlinesFrom: 7000 },
      { groupId: 'orphan-2', taskArn: 'arn/2', createdAt: null, deadlinesFrom: 7000 },
    ]);
    expect(adoption).toMatchObject({ unconfirmed: 0, inventoryStartedAt: 100 });
  });

  it('are billed from the first moment for where ECS says that they were bought', () => {
    const { adopting } = decide([orphan('arn/1', { market: 'spot' }), orphan('arn/2')]).adoption;
    expect(adopting.map(({ market }) => market)).toEqual(['spot', undefined]);
  });

  it('that appear later are taken over when two inventories show them, five seconds apart', () => {
    let adoption: AdoptionState = decide([]).adoption;
    const list = (startedAt: number, ...tasks: ListedTask[]) => {
      adoption = decide(tasks, { adoption }, startedAt).adoption;
      return [adoption.adopting.map(({ taskArn }) => taskArn), adoption.unconfirmed];
    };
    const [one, two] = [orphan('arn/1'), orphan('arn/2')];
    expect(list(1000, one)).toEqual([[], 1]);
    expect(list(5999, one, two)).toEqual([[], 2]);
    expect(list(6000, one, two)).toEqual([['arn/1'], 1]);
    // A task that was gone meanwhile starts anew.
    expect(list(7000)).toEqual([[], 0]);
    expect(list(12_000, two)).toEqual([[], 1]);
    expect(list(17_000, two)).toEqual([['arn/2'], 0]);
  });

  it('of which there are none are known, though the scheduler does not answer yet', () => {
    const { adoption, deferred } = decide([], { connection: 'unacknowledged' });
    expect(adoption).toMatchObject({ seenSince: {}, inventoryStartedAt: 100, unconfirmed: 0 });
    expect(deferred).toBe(0);
  });

  it('are not tasks that a group owns, nor those of a launch without an answer', () => {
    expect(
      adopted([orphan('arn/1', { owned: true }), orphan('arn/2', { launchOpen: true })]),
    ).toEqual([]);
  });

  it('are not tasks that are ending anyway', () => {
    const phases = ['stopping', 'stopped', 'missing', 'starting', 'running'] as const;
    const tasks = phases.map((phase) => orphan(phase, { phase }));
    expect(adopted(tasks)).toEqual(['starting', 'running']);
  });

  it('are unconfirmed while ECS lists them and does not describe them; the others need not wait', () => {
    const undescribed = orphan('arn/9', { phase: 'missing', createdAt: null });
    const first = decide([undescribed, orphan('arn/1')]).adoption;
    expect(first.adopting.map(({ taskArn }) => taskArn)).toEqual(['arn/1']);
    expect(first.unconfirmed).toBe(1);
    const described = decide([orphan('arn/9')], { adoption: first }, 5100).adoption;
    expect(described.adopting).toHaveLength(1);
    expect(decide([{ ...undescribed, owned: true }]).adoption.unconfirmed).toBe(0);
  });

  it.each(['unacknowledged', 'conflict'] as const)(
    'are left alone while the connection is %s: another manager may own them',
    (connection) => {
      const undescribed = orphan('arn/9', { phase: 'missing', createdAt: null });
      const { adoption, deferred } = decide([orphan('arn/1'), undescribed], { connection });
      expect(deferred).toBe(1);
      expect(adoption).toEqual({ ...noAdoption, unconfirmed: 2, leftAlone: true });
      const later = decide([], { connection, adoption });
      expect([later.deferred, later.adoption.leftAlone]).toEqual([0, false]);
    },
  );

  it.each(['closed', 'ready'] as const)(
    'are taken over while the connection is %s',
    (connection) => {
      expect(adopted([orphan('arn/1')], { connection })).toEqual(['arn/1']);
    },
  );
});

describe('tasks of others', () => {
  const late = { createdAt: 121_001 };

  it('whose workers serve another scheduler are reported once, and left alone', () => {
    const task = orphan('arn/1', { scheduler: 'tcp://9.9.9.9:1' });
    const { foreign, adoption } = decide([task]);
    expect(foreign).toEqual([
      { kind: 'otherScheduler', taskArn: 'arn/1', scheduler: 'tcp://9.9.9.9:1' },
    ]);
    expect(adoption.adopting).toEqual([]);
    expect(decide([task], { adoption }).foreign).toEqual([]);
    expect(adopted([orphan('arn/2', { scheduler: 'tcp://1.2.3.4:8516' })])).toEqual(['arn/2']);
  });

  it('are told apart by the tag alone when the address is none of its parts', () => {
    const task = orphan('arn/1', { scheduler: 'tcp://9.9.9.9:1' });
    const { foreign, adoption } = decide([task], { tagSuffices: true });
    expect(foreign).toEqual([]);
    expect(adoption.adopting.map(({ taskArn }) => taskArn)).toEqual(['arn/1']);
  });

  it('are told apart by the address where the tag is a former one, whatever is part of the tag now', () => {
    for (const tagSuffices of [true, false]) {
      const former = { hasFormerTag: true, scheduler: 'tcp://9.9.9.9:1' };
      const { foreign, adoption } = decide([orphan('arn/1', former)], { tagSuffices });
      expect(foreign).toMatchObject([{ kind: 'otherScheduler', taskArn: 'arn/1' }]);
      expect(adoption.adopting).toEqual([]);
      const ours = orphan('arn/2', { ...former, scheduler: facts.workerSchedulerAddress });
      expect(adopted([ours], { tagSuffices })).toEqual(['arn/2']);
    }
  });

  it('are none where their launch is of our journal: the address of the settings has changed since', () => {
    const former = { hasFormerTag: true, scheduler: 'tcp://9.9.9.9:1' };
    const labelled = (label: string) => decide([orphan('arn/1', { ...former, label })]);
    for (const label of ['earlier-1', 'ours-2']) {
      const { foreign, adoption } = labelled(label);
      expect(foreign).toEqual([]);
      expect(adoption.adopting.map(({ taskArn }) => taskArn)).toEqual(['arn/1']);
    }
    expect(labelled('x-1').foreign).toMatchObject([{ kind: 'otherScheduler' }]);
  });

  it('that only another living manager can have launched are reported once, and left alone', () => {
    const tasks = [
      orphan('arn/earlier', { label: 'x-1', createdAt: 121_000 }),
      orphan('arn/ours', { label: 'ours-1', ...late }),
      orphan('arn/resent', { label: 'earlier-1', ...late }),
      orphan('arn/other', { label: 'x-2', ...late }),
      orphan('arn/unlabelled', late),
      orphan('arn/ageless', { label: 'x-3', createdAt: null }),
    ];
    expect(adopted(tasks)).toEqual([
      ...['arn/earlier', 'arn/ours', 'arn/resent', 'arn/unlabelled', 'arn/ageless'],
    ]);
    const { foreign, adoption } = decide(tasks);
    expect(foreign).toEqual([{ kind: 'otherManager', taskArn: 'arn/other', label: 'x-2' }]);
    expect(decide(tasks, { adoption }).foreign).toEqual([]);
  });

  it('are reported while nothing may be taken over, too', () => {
    const tasks = [orphan('arn/1'), orphan('arn/other', { label: 'x-2', ...late })];
    const { foreign, deferred, adoption } = decide(tasks, { connection: 'conflict' });
    expect([foreign.length, deferred]).toEqual([1, 1]);
    expect(adoption.reported).toEqual(['arn/other']);
  });
});
