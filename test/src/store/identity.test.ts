import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadIdentity } from '../../../src/store/identity.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { listening, temporaryDir } from './samples.ts';

const never = () => {
  throw new Error('asked for a new identity');
};

describe('loadIdentity', () => {
  it('makes it once, for our eyes only, and gives it again ever after', () => {
    const dir = temporaryDir();
    expect(loadIdentity(dir, () => 'scaler-ecs|0123', silentLog)).toBe('scaler-ecs|0123');
    expect(readFileSync(join(dir, 'identity'), 'utf8')).toBe('scaler-ecs|0123\n');
    expect(statSync(join(dir, 'identity')).mode & 0o777).toBe(0o600);
    expect(readdirSync(dir)).toEqual(['identity']);
    const { log, lines } = listening();
    expect(loadIdentity(dir, never, log)).toBe('scaler-ecs|0123');
    expect(lines).toEqual([]);
  });

  it('takes one that a person wrote, with or without a line end', () => {
    const dir = temporaryDir();
    for (const text of ['mine|ü', 'mine|ü\n', 'x'.repeat(255)]) {
      writeFileSync(join(dir, 'identity'), text);
      expect(loadIdentity(dir, never, silentLog)).toBe(text.trimEnd());
    }
  });

  it.each([
    ['empty', Buffer.from('')],
    ['blank', Buffer.from('\n')],
    ['not UTF-8', Buffer.from([0x73, 0xff, 0xfe])],
    ['over-long', Buffer.alloc(300, 'x')],
    ['zeros', Buffer.alloc(43)],
    ["a client's", Buffer.from('Client|x')],
    ['two lines', Buffer.from('a\nb\n')],
  ])('replaces a file that is %s, and warns', (_, bytes) => {
    const dir = temporaryDir();
    writeFileSync(join(dir, 'identity'), bytes);
    const { log, levels } = listening();
    expect(loadIdentity(dir, () => 'new', log)).toBe('new');
    expect(levels()).toEqual(['warn']);
    expect(loadIdentity(dir, never, log)).toBe('new');
  });

  it('is not stopped by what a start that was killed left behind', () => {
    const dir = temporaryDir();
    writeFileSync(join(dir, 'identity.tmp'), 'half');
    expect(loadIdentity(dir, () => 'new', silentLog)).toBe('new');
  });

  it('fails in one line rather than go on with an identity that is not on disk', () => {
    const dir = temporaryDir();
    mkdirSync(join(dir, 'identity'));
    expect(() => loadIdentity(dir, () => 'new', silentLog)).toThrow(
      /^The identity in .*identity .*$/,
    );
    rmSync(dir, { recursive: true });
    expect(() => loadIdentity(dir, () => 'new', silentLog)).toThrow(/ENOENT/);
  });

  it('makes none that it would not read back', () => {
    const dir = temporaryDir();
    expect(() => loadIdentity(dir, () => 'a\nb', silentLog)).toThrow(/not fit/);
    expect(readdirSync(dir)).toEqual([]);
  });
});
