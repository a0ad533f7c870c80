import { describe, expect, it } from 'vitest';
import { workersWanted } from '../../../machines/scheduler/demand.ts';

const gpu = { name: 'gpu', value: '-1' };
const request = (taskConcurrency: number, ...capabilities: { name: string; value: string }[]) => ({
  taskConcurrency,
  capabilities,
});

describe('workersWanted', () => {
  it('has no opinion about an empty list', () => expect(workersWanted([], [gpu])).toBeNull());
  it('is zero when no request is for us', () =>
    expect(workersWanted([request(3, gpu)], [])).toBe(0));
  it('sums the requests that match', () =>
    expect(
      workersWanted([request(3, gpu), request(2), request(9, { name: 'x', value: '1' })], [gpu]),
    ).toBe(5));
  it('compares names and values', () =>
    expect(workersWanted([request(3, { name: 'gpu', value: '2' })], [gpu])).toBe(0));
  it('takes the last of a name repeated in one request', () => {
    const twice = request(4, { name: 'gpu', value: '7' }, gpu);
    expect(workersWanted([twice], [gpu])).toBe(4);
    expect(workersWanted([request(4, gpu, { name: 'gpu', value: '7' })], [gpu])).toBe(0);
  });
});
