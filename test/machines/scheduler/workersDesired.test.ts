import { describe, expect, it } from 'vitest';
import { workersDesired } from '../../../machines/scheduler/workersDesired.ts';

const gpu = { name: 'gpu', value: '-1' };
const request = (taskConcurrency: number, ...capabilities: { name: string; value: string }[]) => ({
  taskConcurrency,
  capabilities,
});

describe('workersDesired', () => {
  it('is unknown for an empty list', () => expect(workersDesired([], [gpu])).toBeNull());
  it('is zero when no request matches our capabilities', () =>
    expect(workersDesired([request(3, gpu)], [])).toBe(0));
  it('is the sum of the requests that match', () =>
    expect(
      workersDesired([request(3, gpu), request(2), request(9, { name: 'x', value: '1' })], [gpu]),
    ).toBe(5));
  it('requires equal names and values of capabilities', () =>
    expect(workersDesired([request(3, { name: 'gpu', value: '2' })], [gpu])).toBe(0));
  it('uses the last value of a capability that is named twice in one request', () => {
    const twice = request(4, { name: 'gpu', value: '7' }, gpu);
    expect(workersDesired([twice], [gpu])).toBe(4);
    expect(workersDesired([request(4, gpu, { name: 'gpu', value: '7' })], [gpu])).toBe(0);
  });
});
