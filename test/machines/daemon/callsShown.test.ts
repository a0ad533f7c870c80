import { describe, expect, it } from 'vitest';
import {
  afterAnswer,
  afterFailure,
  afterList,
  afterListFailure,
  afterPrepareFailure,
  type CallsShown,
  noCallsShown,
  whyUnseen,
} from '../../../machines/daemon/callsShown.ts';

const all: CallsShown = { isAnswering: true, denial: 'no', unlisted: 'silent', trouble: 'x' };
const failed = (kind: 'denied' | 'unreachable') => ({ kind, reason: kind }) as const;

describe('what a call shows', () => {
  it('of AWS is that it answers, or does not', () => {
    expect(afterAnswer({ ...all, isAnswering: false })).toEqual(all);
    expect(afterFailure(all)).toEqual({ ...all, isAnswering: false });
  });

  it('of our tasks is what the last list says', () => {
    const listed = afterList({ ...all, isAnswering: false }, null);
    expect(listed).toEqual({ ...all, denial: null, unlisted: null });
    expect(afterList(listed, 'gone')).toEqual({ ...listed, unlisted: 'gone' });
    const unlisted = { ...all, isAnswering: false };
    expect(afterListFailure(all, failed('denied'))).toEqual({
      ...{ ...unlisted, denial: 'denied' },
      trouble: 'denied',
    });
    expect(afterListFailure(all, failed('unreachable'))).toEqual({
      ...{ ...unlisted, denial: null },
      trouble: 'unreachable',
    });
  });

  it('of a preparation that fails is why', () => {
    expect(afterPrepareFailure(all, failed('denied'))).toEqual({
      ...{ ...all, isAnswering: false },
      trouble: 'denied',
    });
  });
});

describe('whyUnseen', () => {
  it.each<[Partial<CallsShown>, string]>([
    [{ isAnswering: true, trouble: 'x' }, 'the list of them is not complete'],
    [{ isAnswering: true, unlisted: 'silent' }, 'the list of them is not complete: silent'],
    [{ isAnswering: true, trouble: 'x', denial: 'not authorized' }, 'not authorized'],
    [{ trouble: 'ECONNREFUSED' }, 'ECONNREFUSED'],
    [{}, 'no answer of AWS'],
  ])('of %j is %j', (given, reason) => {
    expect(whyUnseen({ ...noCallsShown, ...given })).toBe(reason);
  });
});
