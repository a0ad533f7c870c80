import { describe, expect, it } from 'vitest';
import { noRequests, onStopSignal } from '../../../machines/daemon/stopRequests.ts';

/** What signals at these times call for. */
function answersTo(times: readonly number[]) {
  let requests = noRequests;
  return times.map((at) => {
    const { requests: next, ...answer } = onStopSignal(requests, at);
    requests = next;
    return answer;
  });
}

const passed = { isRequest: true, endsWithinMs: null };
const same = { isRequest: false, endsWithinMs: null };

describe('a signal to stop', () => {
  it('is passed on, and the process ends five seconds after the third and at once after each later one', () => {
    expect(answersTo([0, 300, 9000, 9300, 9600])).toEqual([
      ...[passed, passed, { isRequest: true, endsWithinMs: 5000 }],
      ...[
        { isRequest: true, endsWithinMs: 0 },
        { isRequest: true, endsWithinMs: 0 },
      ],
    ]);
  });

  it('is the same request as the last one if it follows within 300 ms', () => {
    expect(answersTo([1000, 1000, 1299, 1300, 1599])).toEqual([passed, same, same, passed, same]);
  });

  it('is counted from the last request, not from the last signal', () => {
    expect(answersTo([0, 200, 400])).toEqual([passed, same, passed]);
  });
});
