import { describe, expect, it } from 'vitest';
import { atLeast, backendValue, compareReleases } from '../../../machines/shared/release.ts';

describe('release', () => {
  it('compareReleases compares the numbers, and ignores suffixes', () => {
    const sorted = ['2.10.0', '2.9.1', '2.9', '2.9.0', '1.26.6', '2.3.0rc1', '2.3.0'].sort(
      compareReleases,
    );
    expect(sorted).toEqual(['1.26.6', '2.3.0rc1', '2.3.0', '2.9', '2.9.0', '2.9.1', '2.10.0']);
    expect([compareReleases('2.9.1', '2.9'), compareReleases('2.9', '2.9.1')]).toEqual([1, -1]);
    expect(compareReleases('2.9.0', '2.9')).toBe(0);
    expect(atLeast('2.9', '2.9.0')).toBe(true);
    expect(atLeast('2.8.9', '2.9')).toBe(false);
  });

  it('backendValue spells ZeroMQ tcp_zmq before 2.3.0', () => {
    expect(['1.15.0', '2.2.0', '2.3.0', '2.9.0'].map((r) => backendValue(r, 'zmq'))).toEqual([
      'tcp_zmq',
      'tcp_zmq',
      'zmq',
      'zmq',
    ]);
    expect(['1.15.0', '2.9.0'].map((r) => backendValue(r, 'ymq'))).toEqual(['ymq', 'ymq']);
  });
});
