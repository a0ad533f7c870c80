import { describe, expect, it } from 'vitest';
import {
  clustersElsewhere,
  homeOwed,
  inventoryOwedFor,
  otherTags,
  unlistedIn,
} from '../../../src/daemon/launchClusters.ts';
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
const settings = { region: 'eu-west-1', cluster: 'now', tag: 'se-now' };
const start = (at: number, hash = 'h') => ({
  ...{ at, epoch: 'e2', home: settings, requestHashOf: () => hash },
});

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

  it('names a cluster once that is known with its account and without', () => {
    const owed: JournalRecord = {
      ...{ kind: 'inventoryOwed', reason: 'journalMissing', at: 1 },
      clusters: ['arn::ecs:eu-west-1::cluster/before', 'arn::ecs:eu-west-1::cluster/now'],
    };
    const alone = journalOf('whole', owed).ledger;
    expect(clustersElsewhere(alone, home)).toEqual(['arn::ecs:eu-west-1::cluster/before']);
    expect(clustersElsewhere(alone, { ...home, cluster: before })).toEqual([
      'arn::ecs:eu-west-1::cluster/now',
    ]);
    expect(clustersElsewhere(journalOf('whole', owed, there).ledger, home)).toEqual([before]);
  });
});

describe('an inventory that is owed', () => {
  const missing: JournalRecord = { kind: 'inventoryOwed', reason: 'journalMissing', at: 1 };

  it('covers the cluster and the tag of every start until it was taken', () => {
    const journal = journalOf('none', missing);
    const places = ['first', 'second', 'second', 'third'];
    for (const [at, name] of places.entries())
      recover(journal, { ...start(at), home: { ...settings, cluster: name, tag: `se-${name}` } });
    const next = journalOf('whole', ...journal.ledger.compact());
    const home = { ...settings, cluster: 'third', tag: 'se-third' };
    expect(clustersElsewhere(next.ledger, home)).toEqual([
      'arn::ecs:eu-west-1::cluster/first',
      'arn::ecs:eu-west-1::cluster/second',
    ]);
    expect(otherTags(next.ledger, home.tag)).toEqual(['se-first', 'se-second']);
    expect(otherTags(next.ledger, settings.tag)).toHaveLength(3);
    next.note({ kind: 'inventoried', at: 80_000 });
    recover(next, { ...start(90_000), home });
    expect(clustersElsewhere(next.ledger, settings)).toEqual([]);
    expect(otherTags(next.ledger, settings.tag)).toEqual([]);
  });

  it('journals the place of a start once, and nothing where none is owed', () => {
    const { ledger, note } = journalOf('whole', missing);
    const arn = 'arn:aws:ecs:us-east-1:1:cluster/c';
    const byArn = { ...settings, cluster: arn };
    const owed = homeOwed(ledger, byArn, 7);
    expect(owed).toEqual({ ...missing, clusters: [arn], tags: ['se-now'], at: 7 });
    note(owed as JournalRecord);
    expect(homeOwed(ledger, byArn, 8)).toBeNull();
    expect(homeOwed(ledger, settings, 8)).not.toBeNull();
    expect(homeOwed(ledger, { ...byArn, tag: 'se-other' }, 8)).not.toBeNull();
    expect(homeOwed(journalOf('whole', launch).ledger, settings, 8)).toBeNull();
  });

  it('covers the tags of open launches, whose tasks no group owns yet', () => {
    const { ledger } = journalOf(
      ...(['whole', { ...launch, tag: 'se-then' }] as const),
      ...[
        { ...launch, label: 'e1-2', tag: 'se-now' } as const,
        { ...launch, label: 'e1-3' } as const,
      ],
    );
    expect(otherTags(ledger, 'se-now')).toEqual(['se-then']);
  });
});

it('unlistedIn names the tasks and launches in clusters that are neither of the settings nor covered', () => {
  const home = { region: 'eu-west-1', cluster: 'now' };
  const arn = (cluster: string) => `arn:aws:ecs:eu-west-1:1:task/${cluster}/1`;
  const group = (cluster: string): JournalRecord => ({
    ...{ kind: 'adopted', groupId: cluster, taskArn: arn(cluster), createdAt: null },
    ...{ deadlinesFrom: 1, at: 1 },
  });
  const revision = 'arn:aws:ecs:eu-west-1:1:task-definition/d:3';
  const sent = (cluster: string) => ({ ...launch, label: `l-${cluster}`, revision, cluster });
  const clusters = ['now', 'before', 'covered'];
  const { ledger } = journalOf('whole', ...clusters.map(group), ...clusters.map(sent), launch);
  const covered = ['arn:aws:ecs:eu-west-1:1:cluster/covered'];
  expect(unlistedIn(ledger, home, covered)).toEqual({ taskArns: [arn('before')], launches: 1 });
  expect(unlistedIn(ledger, home, [])).toMatchObject({ launches: 2 });
});

describe('inventoryOwedFor', () => {
  const revision = 'arn:aws:ecs:eu-west-1:1:task-definition/d:3';
  const sent = (cluster?: string) =>
    ({ ...launch, revision, ...(cluster && { cluster }) }) as const;

  it('names the launch, its cluster and its tag', () => {
    expect(inventoryOwedFor({ ...sent('a'), tag: 'se-then' }, 7)).toEqual({
      ...{ kind: 'inventoryOwed', reason: 'launchesAbandoned', at: 7 },
      ...{ clusters: ['arn:aws:ecs:eu-west-1:1:cluster/a'], tags: ['se-then'] },
      launch: { label: 'e1-1', count: 2, market: 'onDemand' },
    });
  });

  it('names no cluster that the journal does not tell, and no launch that it does not know', () => {
    expect(inventoryOwedFor(sent(), 7)).not.toHaveProperty('clusters');
    expect(inventoryOwedFor(sent(), 7)).not.toHaveProperty('tags');
    const unknown = { kind: 'inventoryOwed', reason: 'launchesAbandoned', at: 7 };
    expect(inventoryOwedFor(null, 7)).toStrictEqual(unknown);
  });
});
