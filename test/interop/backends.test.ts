import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { requiredRelease } from '../../machines/scheduler/releases.ts';
import { atLeast, backendValue } from '../../machines/shared/release.ts';

/**
 * What each published release of opengris-scaler takes for SCALER_NETWORK_BACKEND, and the oldest Python that it
 * installs on: the enumeration in its wheel (scaler/config/types/network_backend.py) and its metadata. The scenario
 * everySetting compares with the release that it runs.
 */
interface Row {
  release: string;
  names: string[];
  python: string;
}
const rows: Row[] = JSON.parse(readFileSync(new URL('backends.json', import.meta.url), 'utf8'));

describe('the value of SCALER_NETWORK_BACKEND', () => {
  it.each(rows)('for workers of $release is one that they take', ({ release, names }) => {
    expect(names).toContain(backendValue(release, 'ymq'));
    expect(names).toContain(backendValue(release, 'zmq'));
    expect(backendValue(release, 'zmq')).not.toBe(backendValue(release, 'ymq'));
  });

  it('is known for every release that the package index has', () => {
    expect(rows).toHaveLength(45);
    expect(
      rows.filter(
        ({ release }) => requiredRelease(`opengris-scaler>=${release},<=${release}`) === release,
      ),
    ).toHaveLength(45);
  });

  it('is not the same for all releases of generation g23, and so is found out by the worker itself', () => {
    const g23 = rows.filter(
      ({ release }) => atLeast(release, '2.1.0') && !atLeast(release, '2.3.4'),
    );
    expect(new Set(g23.map(({ release }) => backendValue(release, 'zmq'))).size).toBe(2);
  });
});
