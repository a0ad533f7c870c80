import { describe, expect, it } from 'vitest';
import { encodeFrame } from '../../../src/store/frames.ts';
import { History, historyLimits } from '../../../src/store/history.ts';
import { ended } from './samples.ts';

const idsOf = (history: History) => history.records().map(({ groupId }) => groupId);

describe('History', () => {
  it('drops the oldest groups beyond its number', () => {
    const history = new History({ groups: 3, bytes: 1e6 });
    for (let i = 0; i < 10; i += 1) history.add(ended(`g${i}`, `arn:${i}`));
    expect(idsOf(history)).toEqual(['g7', 'g8', 'g9']);
    expect(history.has('g6')).toBe(false);
    expect(history.has('g7')).toBe(true);
  });

  it('drops the oldest groups beyond its bytes in the journal', () => {
    const bytes = encodeFrame(ended('g0', 'arn:0')).length;
    const history = new History({ groups: 1000, bytes: 2 * bytes });
    for (let i = 0; i < 10; i += 1) history.add(ended(`g${i}`, `arn:${i}`));
    expect(idsOf(history)).toEqual(['g8', 'g9']);
  });

  it('moves a group that ends again to the newest place and counts its bytes once', () => {
    const bytes = encodeFrame(ended('g0', 'arn:0')).length;
    const history = new History({ groups: 1000, bytes: 2 * bytes });
    for (const groupId of ['g0', 'g1', 'g0', 'g1', 'g0']) history.add(ended(groupId, 'arn:0'));
    expect(idsOf(history)).toEqual(['g1', 'g0']);
  });

  it('keeps the last 1,000 groups of a usual size, and less than 512 KiB of any size', () => {
    const history = new History();
    const arn = `arn:aws:ecs:eu-west-1:123456789012:task/scaler/${'0'.repeat(32)}`;
    for (let i = 0; i < 1500; i += 1) history.add(ended(`0123456789ab-${i}-0`, arn));
    expect(history.records()).toHaveLength(1000);
    const detail = 'x'.repeat(600);
    for (let i = 0; i < 1500; i += 1) history.add({ ...ended(`g${i}`, arn), detail });
    const frames = history.records().map(encodeFrame);
    const size = frames.reduce((sum, frame) => sum + frame.length, 0);
    expect(size).toBeLessThanOrEqual(historyLimits.bytes);
    expect(size).toBeGreaterThan(historyLimits.bytes - 1000);
  });
});
