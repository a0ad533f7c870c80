import { describe, expect, it } from 'vitest';
import { workersWanted } from '../../../machines/scheduler/workersWanted.ts';

const gpu = { name: 'gpu', value: '-1' };
const request = (taskConcurrency: number, ...capabilities: { name: string; value: string }[]) => ({
  taskConcurrency,
  capabilities,
});

describe('workersWanted', () => {
  it('is unknown for an empty list', () => expect(workersWanted([], [gpu])).toBeNull());
  it('is zero when no request matches our capabilities', () =>
    expect(workersWanted([request(3, gpu)], [])).toBe(0));
  it('is the sum of the requests that match', () =>
    expect(
      workersWanted([request(3, gpu), request(2), request(9, { name: 'x', value: '1' })], [gpu]),
    ).toBe(5));
  it('requires equal names and values of capabilities', () =>
    expect(workersWanted([request(3, { name: 'gpu', value: '2' })], [gpu])).toBe(0));
  it('uses the last value of a capability that is named twice in one request', () => {
    const twice = request(4, { name: 'gpu', value: '7' }, gpu);
    expect(workersWanted([twice], [gpu])).toBe(4);
    expect(workersWanted([request(4, gpu, { name: 'gpu', value: '7' })], [gpu])).toBe(0);
  });
});
