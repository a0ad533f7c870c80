import { describe, expect, it } from 'vitest';
import { recordCanceling } from '../../../machines/cohort/canceling.ts';
import { stopEvent, stopping } from '../../../machines/cohort/drain.ts';
import { arn, rowOf, serves } from '../../support/rows.ts';

describe('a cancellation that is shown before the loads', () => {
  const groups = { a: serves({ taskArn: arn('a') }), b: serves({ taskArn: arn('b') }), c: rowOf() };
  const known = recordCanceling(groups, { a: 2, elsewhere: 1 });
  const held = { type: 'group.hold' };

  it('holds StopTask back for the group that has it, and for no other', () => {
    expect(known).toStrictEqual({ ...groups, a: { ...groups.a, canceling: 2 } });
    expect([stopEvent(known.a as never, 5000), stopEvent(groups.b, 5000)]).toEqual([
      held,
      { type: 'group.stop' },
    ]);
    const waits = { ...(known.a as object), ...stopping(known.a as never, 5000) };
    expect(waits).toMatchObject({ phase: 'held', stopHeldSince: 5000 });
    expect([34_999, 35_000].map((at) => stopEvent(waits as never, at).type)).toEqual([
      'group.hold',
      'group.stop',
    ]);
  });

  it('ends with its end', () => {
    const ended = recordCanceling(known, { a: 0 });
    expect(stopEvent(ended.a as never, 5000)).toEqual({ type: 'group.stop' });
  });

  it('changes no record where no task of the cohort has it', () => {
    expect(recordCanceling(groups, { elsewhere: 1 })).toBe(groups);
  });
});
