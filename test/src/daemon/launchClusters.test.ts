import { describe, expect, it } from 'vitest';
import { clustersElsewhere, inventoryOwedFor } from '../../../src/daemon/launchClusters.ts';
import { recover } from '../../../src/daemon/startup.ts';
import { Ledger } from '../../../src/store/ledger.ts';
import type { JournalRecord } from '../../../src/store/records.ts';

const launch: JournalRecord = {
  kind: 'launch',
  label: 'e1-1',
  clientToken: 'se-e1-1',
  count: 2,
  revision: 'rev:1',
  market: 'onDemand',
  requestHash: 'h',
  at: 50_000,
};
const journalOf = (found: 'none' | 'whole', ...records: JournalRecord[]) => {
  const ledger = Ledger.replay(records);
  const note = (record: JournalRecord) => ledger.apply(record);
  return { found, closedBefore: false, writtenAt: 0, ledger, note };
};
const start = (at: number, hash = 'h') => ({ at, epoch: 'e2', requestHashOf: () => hash });

describe('clustersElsewhere', () => {
  const revision = 'arn:aws:ecs:eu-west-1:1:task-definition/d:3';
  const there = { ...launch, revision, cluster: 'before' } as const;
  const before = 'arn:aws:ecs:eu-west-1:1:cluster/before';
  const home = { region: 'eu-west-1', cluster: 'now' };

  it('names the cluster of a launch that was given up, also at later starts, until a list was complete', () => {
    const journal = journalOf('whole', there);
    expect(clustersElsewhere(journal.ledger, home)).toEqual([before]);
    recover(journal, start(60_000, 'other'));
    const next = journalOf('whole', ...journal.ledger.compact());
    expect(clustersElsewhere(next.ledger, home)).toEqual([before]);
    next.note({ kind: 'inventoried', at: 80_000 });
    expect(clustersElsewhere(next.ledger, home)).toEqual([]);
  });

  it('names the clusters of living groups and open launches, each once, but not that of the settings', () => {
    const group = (groupId: string, taskArn: string): JournalRecord => ({
      ...{ kind: 'adopted', groupId, taskArn, createdAt: null, deadlinesFrom: 1, at: 1 },
    });
    const { ledger } = journalOf(
      'whole',
      group('a', 'arn:aws:ecs:eu-west-1:1:task/before/1'),
      group('b', 'arn:aws:ecs:eu-west-1:1:task/now/2'),
      group('c', 'arn:aws:ecs:us-east-1:1:task/now/3'),
      group('d', 'arn:aws:ecs:eu-west-1:1:task/of-the-old-format'),
      { ...there, label: 'e1-2' },
      { ...there, label: 'e1-3', cluster: 'now' },
      launch,
    );
    expect(clustersElsewhere(ledger, home)).toEqual([
      before,
      'arn:aws:ecs:us-east-1:1:cluster/now',
    ]);
    const byArn = { region: 'eu-west-1', cluster: before };
    expect(clustersElsewhere(ledger, byArn)).not.toContain(before);
  });
});

describe('inventoryOwedFor', () => {
  const revision = 'arn:aws:ecs:eu-west-1:1:task-definition/d:3';
  const sent = (cluster?: string) =>
    ({ ...launch, revision, ...(cluster && { cluster }) }) as const;

  it('names the clusters of the launches, each once', () => {
    expect(inventoryOwedFor([sent('a'), sent('b'), sent('a'), sent()], 7)).toEqual({
      ...{ kind: 'inventoryOwed', reason: 'launchesAbandoned', at: 7 },
      clusters: ['arn:aws:ecs:eu-west-1:1:cluster/a', 'arn:aws:ecs:eu-west-1:1:cluster/b'],
    });
    const many = Array.from({ length: 20 }, (_, i) => sent(`c${i}`));
    expect(inventoryOwedFor(many, 7).clusters).toHaveLength(16);
  });

  it('names none where the journal does not tell the clusters', () => {
    expect(inventoryOwedFor([sent()], 7)).not.toHaveProperty('clusters');
    expect(inventoryOwedFor([], 7)).not.toHaveProperty('clusters');
  });
});
