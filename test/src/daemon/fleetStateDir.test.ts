import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { fleetOwnershipTag } from '../../../src/aws/launch/ownershipTag.ts';
import type { Config } from '../../../src/config/config.ts';
import { withStateDir } from '../../../src/daemon/fleetStateDir.ts';
import { writeManagerFile } from '../../../src/store/managerFile.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { temporaryDir } from '../store/samples.ts';

let root: string;
beforeEach(() => {
  root = temporaryDir();
});

/** A state directory whose journal was written at that second; `tag`: of the tasks, null: no file says it. */
function leave(name: string, { tag, at }: { tag: string | null; at: number | null }): string {
  const dir = join(root, name);
  mkdirSync(dir);
  const facts = { manager: 'wm', workerScheduler: 'tcp://s:1', region: 'r', cluster: 'c' };
  if (tag !== null) writeManagerFile(dir, { ...facts, mark: tag }, silentLog);
  if (at === null) return dir;
  writeFileSync(join(dir, 'journal'), '');
  utimesSync(join(dir, 'journal'), at, at);
  return dir;
}

const tag = fleetOwnershipTag('f');
const dirOf = (fleetId: string | null = 'f') => {
  const config = {
    ...{ fleetId, stateDir: join(root, 'byFleet') },
    formerStateDir: fleetId === null ? null : join(root, 'byAddress'),
  };
  return withStateDir(config as Config).stateDir;
};

describe('withStateDir', () => {
  it('takes the directory named by the fleet where there is none yet', () => {
    expect(dirOf()).toBe(join(root, 'byFleet'));
    leave('another', { tag: fleetOwnershipTag('g'), at: 9 });
    leave('empty', { tag, at: null });
    expect(dirOf()).toBe(join(root, 'byFleet'));
  });

  it('keeps a directory that is named by the address, whatever its tasks carry', () => {
    const former = leave('byAddress', { tag: null, at: 1 });
    expect(dirOf()).toBe(former);
    leave('byFleet', { tag: null, at: null });
    expect(dirOf()).toBe(former);
    expect(dirOf(null)).toBe(join(root, 'byFleet'));
  });

  it('keeps the directory of the fleet that was named by an address from before', () => {
    const before = leave('wm-at-another-address', { tag, at: 1 });
    leave('byAddress', { tag: null, at: 2 });
    expect(dirOf()).toBe(before);
  });

  it('takes of several directories of the fleet the one whose journal was last written', () => {
    leave('wm-1', { tag, at: 1 });
    const last = leave('wm-2', { tag, at: 3 });
    leave('wm-3', { tag, at: 2 });
    expect(dirOf()).toBe(last);
    const current = leave('byFleet', { tag, at: 4 });
    expect(dirOf()).toBe(current);
  });

  it('needs no root to exist', () => {
    root = join(root, 'missing');
    expect(dirOf()).toBe(join(root, 'byFleet'));
  });
});
