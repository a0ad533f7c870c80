import { expect, it } from 'vitest';
import { recover } from '../../../src/daemon/startup.ts';
import type { JournalRecord } from '../../../src/store/records.ts';
import { journalOf, openLaunch as launch } from '../../support/journals.ts';

const home = { region: 'eu-west-1', cluster: 'now', tag: 'se-now' };
const arnOfNow = 'arn::ecs:eu-west-1::cluster/now';
const start = (at: number, hash = 'h') => ({ at, epoch: 'e2', home, requestHashOf: () => hash });

it('gives up an open launch whose request would be another one now', () => {
  const journal = journalOf('whole', launch);
  expect(recover(journal, start(60_000, 'other')).resend).toEqual([]);
  expect(journal.ledger.isOpen('e1-1')).toBe(false);
});

it('journals, before it gives up launches, that an inventory is owed, and knows so at the next start', () => {
  const journal = journalOf('whole', launch);
  const owed = { label: 'e1-1', count: 2, market: 'onDemand' } as const;
  const told: JournalRecord[] = [];
  const note = (record: JournalRecord) => {
    told.push(record);
    return journal.note(record);
  };
  recover({ ...journal, note }, start(60_000, 'other'));
  expect(told).toEqual([
    { kind: 'start', epoch: 'e2', writtenAt: 0, at: 60_000 },
    { kind: 'inventoryOwed', reason: 'launchesAbandoned', launch: owed, at: 60_000 },
    { kind: 'settled', label: 'e1-1', at: 60_000, groups: [], refusals: [] },
  ]);
  const next = journalOf('whole', ...journal.ledger.compact());
  recover(next, start(70_000));
  expect(next.ledger.inventoryOwed()).toEqual({
    ...{ since: 60_000, reasons: ['launchesAbandoned'], launches: [owed] },
  });
  expect(next.ledger.usedPlaces()).toEqual({ clusters: [arnOfNow], tags: ['se-now'] });
  next.note({ kind: 'inventoried', at: 80_000 });
  recover(next, start(90_000));
  expect(next.ledger.inventoryOwed()).toBeNull();
});

it('journals when the journal was last written, unless there was none', () => {
  for (const [found, written] of [
    ['whole', { kind: 'start', epoch: 'e2', writtenAt: 50_000, at: 60_000 }],
    ['none', { kind: 'start', epoch: 'e2', at: 60_000 }],
  ] as const) {
    const told: JournalRecord[] = [];
    const journal = { ...journalOf(found), writtenAt: 50_000 };
    const note = (record: JournalRecord) => {
      told.push(record);
      return journal.note(record);
    };
    recover({ ...journal, note }, start(60_000));
    expect(told[0]).toStrictEqual(written);
  }
});

it('owes no inventory when it resends every open launch', () => {
  const journal = journalOf('whole', launch);
  recover(journal, start(60_000));
  expect(journal.ledger.inventoryOwed()).toBeNull();
});

it('remembers over further starts that there was no journal', () => {
  const journal = journalOf('none');
  expect(recover(journal, start(60_000)).lastLaunchAt).toBe(60_000);
  expect(recover({ ...journal, found: 'whole' }, start(61_000)).lastLaunchAt).toBe(60_000);
});
