import { expect, it } from 'vitest';
import { firstListWait, mayOweResponse } from '../../../machines/recovery/startup.ts';
import { recover } from '../../../src/daemon/startup.ts';
import type { JournalRecord } from '../../../src/store/records.ts';
import { journalOf, openLaunch as launch } from '../../support/journals.ts';

const home = { region: 'eu-west-1', cluster: 'now', tag: 'se-now' };
const start = (at: number, hash = 'h') => ({ at, epoch: 'e2', home, requestHashOf: () => hash });

it('takes over open launches, as ones that may have been sent', () => {
  const { resend, lastLaunchAt } = recover(journalOf('whole', launch), start(60_000));
  expect(resend).toMatchObject([{ groupIds: ['e1-1-0', 'e1-1-1'], outcomeUnknown: true }]);
  expect(lastLaunchAt).toBe(50_000);
});

it('knows no age of a launch that it gives up: its time may be from another clock', () => {
  expect(recover(journalOf('whole', launch), start(60_000, 'other')).lastLaunchAt).toBe(60_000);
});

it('takes over what was desired without the replacements of old groups', () => {
  const rotation: JournalRecord = { kind: 'rotation', workers: 6, at: 1 };
  expect(recover(journalOf('whole', rotation), start(60_000)).rotatesFrom).toBe(6);
  expect(recover(journalOf('whole'), start(60_000)).rotatesFrom).toBeNull();
});

it('says which tasks the launches that it gives up may have started', () => {
  const spot: JournalRecord = { ...launch, label: 'e1-2', count: 1, market: 'spot' };
  const started = (hash: string) =>
    recover(journalOf('whole', launch, spot), start(60_000, hash)).spent?.mayHaveStarted;
  expect(started('other')).toEqual(['onDemand', 'onDemand', 'spot']);
  expect(started('h')).toEqual([]);
});

it('says at later starts, too, which tasks given up launches may have started, until a list was complete', () => {
  const spot: JournalRecord = { ...launch, label: 'e1-2', count: 1, market: 'spot' };
  let journal = journalOf('whole', launch, spot);
  const restarted = (at: number, hash: string) => {
    journal = journalOf('whole', ...journal.ledger.compact());
    return recover(journal, start(at, hash)).spent?.mayHaveStarted;
  };
  expect(restarted(60_000, 'other')).toEqual(['onDemand', 'onDemand', 'spot']);
  expect(restarted(70_000, 'h')).toEqual(['onDemand', 'onDemand', 'spot']);
  journal.note({ ...launch, label: 'e2-1', count: 1 });
  expect(restarted(80_000, 'other')).toEqual(['onDemand', 'onDemand', 'spot', 'onDemand']);
  journal.note({ kind: 'inventoried', at: 90_000 });
  expect(restarted(95_000, 'h')).toEqual([]);
});

it('counts a part of the cost once a launch is given up, which may have started tasks that no list will show', () => {
  const spent = (journal: ReturnType<typeof journalOf>, hash: string) =>
    recover(journal, start(60_000, hash)).spent?.isLowerBound;
  const counted: JournalRecord = {
    ...{ kind: 'spent', endedUsd: 1, day: 0, usdAtMidnight: 0, isLowerBound: false, at: 1 },
  };
  expect(spent(journalOf('whole', counted, launch), 'h')).toBe(false);
  expect(spent(journalOf('whole', counted, launch), 'other')).toBe(true);
});

it('counts on from what the journal knows to be spent', () => {
  const spent = (...records: JournalRecord[]) =>
    recover(journalOf('whole', ...records), start(60_000)).spent;
  const counted: JournalRecord = {
    ...{ kind: 'spent', endedUsd: 3, day: 4, usdAtMidnight: 2, isLowerBound: false, at: 1 },
  };
  expect(spent(counted)).toMatchObject({ endedUsd: 3, day: 4, usdAtMidnight: 2 });
  expect(spent(counted)?.unseenUsd).toBeUndefined();
  const unseen = { unseenUsd: 5, unseenAtMidnight: 1 };
  expect(spent({ ...counted, ...unseen } as JournalRecord)).toMatchObject(unseen);
  expect(spent()).toMatchObject({ endedUsd: 0, day: null, usdAtMidnight: 0 });
});

it('knows the whole cost unless a run before it did not count, counted a part, or left a damaged journal', () => {
  const counted = (isLowerBound: boolean): JournalRecord => ({
    ...{ kind: 'spent', endedUsd: 1, day: 0, usdAtMidnight: 0, isLowerBound, at: 1 },
  });
  const isLowerBound = (...journal: Parameters<typeof journalOf>) =>
    recover(journalOf(...journal), start(60_000)).spent?.isLowerBound;
  expect(isLowerBound('none')).toBe(false);
  expect(isLowerBound('lost')).toBe(true);
  expect(isLowerBound('whole')).toBe(true);
  expect(isLowerBound('whole', counted(false))).toBe(false);
  expect(isLowerBound('whole', counted(true))).toBe(true);
  expect(isLowerBound('damaged', counted(false))).toBe(true);
});

it('may have forgotten what was spent while the list that a missing journal calls for is owed', () => {
  const mayHaveForgotten = (...records: JournalRecord[]) =>
    recover(journalOf('whole', ...records), start(60_000)).spent?.mayHaveForgotten;
  expect(mayHaveForgotten()).toBe(false);
  expect(mayHaveForgotten({ kind: 'inventoryOwed', reason: 'journalDamaged', at: 1 })).toBe(false);
  expect(mayHaveForgotten({ kind: 'inventoryOwed', reason: 'journalMissing', at: 1 })).toBe(true);
});

it('says which launches it found open, those that it sends again first', () => {
  const journal = journalOf('whole', launch, { ...launch, label: 'e1-2' });
  const requestHashOf = ({ label }: { label: string }) => (label === 'e1-2' ? 'h' : 'other');
  const { openAtStart, launchesGivenUp } = recover(journal, { ...start(60_000), requestHashOf });
  expect(openAtStart).toEqual(['e1-2', 'e1-1']);
  expect(launchesGivenUp).toBe(1);
});

it('lets no list wait after an orderly end, unless launches are sent again', () => {
  const closed = (...records: JournalRecord[]) => ({
    ...journalOf('whole', ...records),
    ...{ closedBefore: true, writtenAt: 59_000 },
  });
  const settled: JournalRecord = {
    ...{ kind: 'settled', label: 'e1-1', at: 58_000, groups: [], refusals: [] },
  };
  const calm = recover(closed(launch, settled), start(60_000));
  expect(calm.lastLaunchAt).toBe(0);
  expect(firstListWait(closed(), calm, 10_000)).toBeNull();
  expect(recover(closed(launch), start(60_000)).lastLaunchAt).toBe(59_000);
});

it('says how long the first list waits, and why', () => {
  const lost = journalOf('none');
  expect(firstListWait(lost, recover(lost, start(60_000)), 10_000)).toEqual({
    seconds: 10,
    reason: expect.stringContaining('holds no journal'),
  });
  const without = { ...journalOf('lost', { kind: 'lastLaunch', at: 60_000 }) };
  expect(firstListWait(without, recover(without, start(60_000)), 10_000)).toEqual({
    seconds: 10,
    reason: expect.stringContaining('holds no journal'),
  });
  const killed = { ...journalOf('whole'), writtenAt: 52_500 };
  expect(firstListWait(killed, recover(killed, start(60_000)), 10_000)).toEqual({
    seconds: 3,
    reason: expect.stringContaining('did not end in order'),
  });
  const old = { ...journalOf('whole'), writtenAt: 50_000 };
  expect(firstListWait(old, recover(old, start(60_000)), 10_000)).toBeNull();
});

it('takes no launch for older than the last write, for the end of a journal may have been lost', () => {
  const written = (writtenAt: number) =>
    recover({ ...journalOf('whole'), writtenAt }, start(60_000)).lastLaunchAt;
  expect(written(55_000)).toBe(55_000);
  // The clock was set back.
  expect(written(70_000)).toBe(60_000);
});

it('knows where the journal may have forgotten launches: not at a first start', () => {
  const owed = (reason: 'journalMissing' | 'journalDamaged'): JournalRecord => ({
    ...{ kind: 'inventoryOwed', reason, at: 1 },
  });
  const incomplete = (...records: JournalRecord[]) =>
    recover(journalOf('whole', ...records), start(60_000)).journalIncomplete;
  expect(incomplete()).toBe(false);
  expect(incomplete(owed('journalMissing'))).toBe(false);
  expect(incomplete(owed('journalMissing'), owed('journalDamaged'))).toBe(true);
});

it('may owe the scheduler a response whenever there was a run before it, though no launch is open', () => {
  expect(mayOweResponse(journalOf('none'))).toBe(false);
  expect(mayOweResponse(journalOf('lost'))).toBe(true);
  expect(mayOweResponse(journalOf('whole'))).toBe(true);
});
