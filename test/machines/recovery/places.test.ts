import { describe, expect, it } from 'vitest';
import {
  clustersElsewhere,
  homeUsed,
  otherTags,
  placesElsewhere,
  unlistedIn,
} from '../../../machines/recovery/places.ts';
import { recover } from '../../../src/daemon/startup.ts';
import { lateTaskMs } from '../../../src/store/lastUse.ts';
import type { JournalRecord } from '../../../src/store/records.ts';
import { journalOf, openLaunch as launch } from '../../support/journals.ts';

const settings = { region: 'eu-west-1', cluster: 'now', tag: 'se-now' };
const start = (at: number, hash = 'h') => ({
  ...{ at, epoch: 'e2', home: settings, requestHashOf: () => hash },
});

describe('clustersElsewhere', () => {
  const revision = 'arn:aws:ecs:eu-west-1:1:task-definition/d:3';
  const there = { ...launch, revision, cluster: 'before' } as const;
  const before = 'arn:aws:ecs:eu-west-1:1:cluster/before';
  const home = { region: 'eu-west-1', cluster: 'now' };

  it('names the cluster of a launch that was given up, also at later starts, until a late list was complete', () => {
    const journal = journalOf('whole', there);
    expect(clustersElsewhere(journal.ledger, home)).toEqual([before]);
    recover(journal, start(60_000, 'other'));
    const next = journalOf('whole', ...journal.ledger.compact());
    expect(clustersElsewhere(next.ledger, home)).toEqual([before]);
    next.note({ kind: 'inventoried', at: 80_000 });
    expect(clustersElsewhere(next.ledger, home)).toEqual([before]);
    next.note({ kind: 'inventoried', at: 60_000 + lateTaskMs });
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

  it('names what a list covers besides the settings, the other tags included', () => {
    const { ledger } = journalOf('whole', { ...there, tag: 'se-then' });
    expect(placesElsewhere(ledger, settings)).toEqual({ clusters: [before], tags: ['se-then'] });
  });

  it('names a cluster once that is known with its account and without', () => {
    const used = ['before', 'now'].map(
      (name): JournalRecord => ({
        ...{ kind: 'placeUsed', cluster: `arn::ecs:eu-west-1::cluster/${name}`, at: 1 },
      }),
    );
    const alone = journalOf('whole', ...used).ledger;
    expect(clustersElsewhere(alone, home)).toEqual(['arn::ecs:eu-west-1::cluster/before']);
    expect(clustersElsewhere(alone, { ...home, cluster: before })).toEqual([
      'arn::ecs:eu-west-1::cluster/now',
    ]);
    expect(clustersElsewhere(journalOf('whole', ...used, there).ledger, home)).toEqual([before]);
  });
});

describe('an inventory that is owed', () => {
  const missing: JournalRecord = { kind: 'inventoryOwed', reason: 'journalMissing', at: 1 };

  it('covers the cluster and the tag of every start until it was taken late enough', () => {
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
    // A launch of before the first start may still show its tasks.
    next.note({ kind: 'inventoried', at: 80_000 });
    expect(otherTags(next.ledger, home.tag)).toEqual(['se-first', 'se-second']);
    next.note({ kind: 'inventoried', at: 3 + lateTaskMs });
    recover(next, { ...start(3 + lateTaskMs), home });
    expect(clustersElsewhere(next.ledger, settings)).toEqual([]);
    expect(otherTags(next.ledger, settings.tag)).toEqual([]);
  });

  it('has the place of the settings journaled, and nothing where none is owed', () => {
    const { ledger, note } = journalOf('whole', missing);
    const used = { cluster: 'arn::ecs:eu-west-1::cluster/now', tag: 'se-now' };
    expect(homeUsed(ledger, settings)).toEqual(used);
    const arn = 'arn:aws:ecs:us-east-1:1:cluster/c';
    expect(homeUsed(ledger, { ...settings, cluster: arn })).toMatchObject({ cluster: arn });
    note({ kind: 'inventoried', at: 9 });
    expect(homeUsed(ledger, settings)).toBeNull();
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
  // An ARN of settings names no account: AWS had not answered yet.
  for (const covers of [covered, ['arn::ecs:eu-west-1::cluster/covered']])
    expect(unlistedIn(ledger, home, covers)).toEqual({ taskArns: [arn('before')], launches: 1 });
  const elsewhere = [
    'arn::ecs:eu-west-2::cluster/covered',
    'arn:aws:ecs:eu-west-1:2:cluster/covered',
  ];
  expect(unlistedIn(ledger, home, elsewhere)).toMatchObject({ launches: 2 });
  expect(unlistedIn(ledger, home, [])).toMatchObject({ launches: 2 });
});

it('a former place is listed through several starts until long after the last answer to a launch', () => {
  const revision = 'arn:aws:ecs:eu-west-1:1:task-definition/d:3';
  const journal = journalOf('whole', { ...launch, revision, cluster: 'before', tag: 'se-then' });
  journal.note({ kind: 'settled', label: 'e1-1', at: 51_000, groups: [], refusals: [] });
  // Complete, and too early for a task that the answer refused and ECS starts nevertheless.
  journal.note({ kind: 'inventoried', at: 52_000 });
  const listed = ({ ledger }: typeof journal) => [
    clustersElsewhere(ledger, settings),
    otherTags(ledger, settings.tag),
  ];
  const former = [['arn:aws:ecs:eu-west-1:1:cluster/before'], ['se-then']];
  let next = journal;
  for (const [i, at] of [60_000, 120_000, 200_000].entries()) {
    recover({ ...next, writtenAt: at - 1_000 }, { ...start(at), epoch: `e${i + 2}` });
    next = journalOf('whole', ...next.ledger.compact());
    expect(listed(next)).toEqual(former);
    next.note({ kind: 'inventoried', at: at + 1_000 });
    expect(listed(next)).toEqual(former);
  }
  // The pauses before the three starts do not count.
  next.note({ kind: 'inventoried', at: 53_999 + lateTaskMs });
  expect(listed(next)).toEqual(former);
  next.note({ kind: 'inventoried', at: 54_000 + lateTaskMs });
  expect(listed(next)).toEqual([[], []]);
});

describe('a start by a clock that was set back', () => {
  const hour = 3_600_000;
  const at = 9 * hour;
  const revision = 'arn:aws:ecs:eu-west-1:1:task-definition/d:3';
  const sent = { ...launch, revision, cluster: 'before', tag: 'se-then', at: at + hour };
  const lost: JournalRecord = { kind: 'inventoryOwed', reason: 'journalDamaged', at: at + hour };
  const listed = ({ ledger }: ReturnType<typeof journalOf>) => [
    clustersElsewhere(ledger, settings),
    otherTags(ledger, settings.tag),
  ];
  const former = [['arn:aws:ecs:eu-west-1:1:cluster/before'], ['se-then']];
  const startedAt = (journal: ReturnType<typeof journalOf>, home = settings) => {
    const told: JournalRecord[] = [];
    const note = (record: JournalRecord) => {
      told.push(record);
      return journal.note(record);
    };
    recover({ ...journal, note, writtenAt: at + hour }, { ...start(at, 'other'), home });
    return told;
  };

  it('lists the places of launches that it gives up for as long as any other', () => {
    const journal = journalOf('whole', sent);
    startedAt(journal);
    for (const later of [1_000, lateTaskMs - 1]) {
      journal.note({ kind: 'inventoried', at: at + later });
      expect(listed(journal)).toEqual(former);
    }
    journal.note({ kind: 'inventoried', at: at + lateTaskMs });
    expect(listed(journal)).toEqual([[], []]);
  });

  it('lists its own place for as long, at starts with other settings', () => {
    const journal = journalOf('whole', lost);
    startedAt(journal, { ...settings, cluster: 'first', tag: 'se-first' });
    journal.note({ kind: 'inventoried', at: at + 1_000 });
    expect(listed(journal)).toEqual([['arn::ecs:eu-west-1::cluster/first'], ['se-first']]);
  });

  it('loses no place wherever its records end on disk, and the next start lists it', () => {
    const told = startedAt(journalOf('whole', lost, sent));
    expect(told.map(({ kind }) => kind)).toEqual([
      ...['start', 'placeUsed', 'inventoryOwed', 'settled'],
    ]);
    for (const [written] of [...told, null].entries()) {
      const journal = journalOf('whole', lost, sent, ...told.slice(0, written));
      const writtenAt = written === 0 ? at + hour : at;
      recover({ ...journal, writtenAt }, { ...start(at + 5_000, 'other'), epoch: 'e3' });
      expect(journal.ledger.openLaunches()).toEqual([]);
      expect(journal.ledger.inventoryOwed()?.launches).toHaveLength(1);
      journal.note({ kind: 'inventoried', at: at + 6_000 });
      expect(listed(journal)).toEqual(former);
    }
  });
});
