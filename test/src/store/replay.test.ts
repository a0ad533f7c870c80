import { describe, expect, it } from 'vitest';
import { Ledger } from '../../../src/store/ledger.ts';
import { resendLimit, restore } from '../../../src/store/replay.ts';
import { adopted, launch, settled } from './samples.ts';

const requestHashOf = ({ label }: { label: string }) => `hash-${label}`;
const now = 10_000_000;

describe('restore', () => {
  it('sends a young open launch again, unchanged', () => {
    const ledger = Ledger.replay([launch('l', now - resendLimit + 1)]);
    const { label, clientToken, count, revision, market } = launch('l');
    expect(restore(ledger, { now, requestHashOf })).toEqual({
      resend: [{ label, clientToken, count, revision, market }],
      abandoned: [],
      owned: [],
      lastLaunchAt: now - resendLimit + 1,
    });
  });

  it('leaves old launches, changed requests and launches from the future to adoption', () => {
    const ledger = Ledger.replay([
      launch('old', now - resendLimit),
      { ...launch('changed', now - 1), requestHash: 'of another subnet' },
      launch('future', now + 60_000),
      launch('fine', now + 1_000),
      launch('over', now - 1),
      settled('over', ['over-0', 'arn:1']),
    ]);
    const { resend, abandoned } = restore(ledger, { now, requestHashOf });
    expect(resend.map(({ label }) => label)).toEqual(['fine']);
    expect(abandoned).toEqual(['old', 'changed', 'future']);
  });

  it('brings the owned groups, whose deadlines begin anew, and believes no time that has not come', () => {
    const ledger = Ledger.replay([
      adopted('a', 'arn:1'),
      launch('l', now + 3_600_000),
      settled('l', ['l-0', 'arn:2']),
    ]);
    expect(restore(ledger, { now, requestHashOf })).toEqual({
      resend: [],
      abandoned: [],
      owned: [
        { groupId: 'a', taskArn: 'arn:1', createdAt: null, deadlinesFrom: now },
        { groupId: 'l-0', taskArn: 'arn:2', createdAt: null, deadlinesFrom: now },
      ],
      lastLaunchAt: now,
    });
  });

  it('knows no last launch when there was none', () => {
    expect(restore(new Ledger(), { now, requestHashOf }).lastLaunchAt).toBeNull();
  });
});
