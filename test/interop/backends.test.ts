import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { requiredRelease } from '../../machines/scheduler/releases.ts';
import { atLeast, backendValue } from '../../machines/shared/release.ts';

/**
 * What each published release of opengris-scaler takes for SCALER_NETWORK_BACKEND, and the oldest Python that it
 * installs on. `read`: from the enumeration in its wheel (scaler/config/types/network_backend.py) and from its
 * metadata; else the nearest releases before and after it that were read agree. The scenario everySetting compares with
 * the release that it runs.
 */
interface Row {
  release: string;
  names: string[];
  python: string;
  read: boolean;
}
const rows: Row[] = JSON.parse(readFileSync(new URL('backends.json', import.meta.url), 'utf8'));

describe('the value of SCALER_NETWORK_BACKEND', () => {
  it.each(rows)('for workers of $release is one that they take', ({ release, names }) => {
    expect(names).toContain(backendValue(release, 'ymq'));
    expect(names).toContain(backendValue(release, 'zmq'));
    expect(backendValue(release, 'zmq')).not.toBe(backendValue(release, 'ymq'));
  });

  it('is known for every release that the package index has, and read on both sides of a change', () => {
    expect(rows).toHaveLength(45);
    expect(
      rows.filter(
        ({ release }) => requiredRelease(`opengris-scaler>=${release},<=${release}`) === release,
      ),
    ).toHaveLength(45);
    for (const [index, row] of rows.entries()) {
      const before = rows[index - 1];
      if (!before || JSON.stringify(before.names) === JSON.stringify(row.names)) continue;
      expect([before.release, before.read, row.release, row.read]).toEqual([
        '2.2.0',
        true,
        '2.3.0',
        true,
      ]);
    }
  });

  it('is not the same for all releases of generation g23, and so is found out by the worker itself', () => {
    const g23 = rows.filter(
      ({ release }) => atLeast(release, '2.1.0') && !atLeast(release, '2.3.4'),
    );
    expect(new Set(g23.map(({ release }) => backendValue(release, 'zmq'))).size).toBe(2);
  });
});
