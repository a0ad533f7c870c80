import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkConfigFile, filesToCompare, ownKeys } from './configCheck.ts';

const theirs = [
  { long: 'worker-manager-id', short: 'wmi' },
  { long: 'ecs-subnets', short: null },
];
let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'se-config-check-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

/** In the place of a release's Python: it gets the program and the file. */
const releaseThat = (script: string) => {
  const python = join(dir, 'python');
  writeFileSync(python, `#!/bin/sh\n${script}\n`);
  chmodSync(python, 0o755);
  return { dir, bin: dir, python };
};

it('names the keys of a file that a release does not have', () => {
  const own = ownKeys(theirs);
  expect(own).toContain('scale_ahead');
  expect(own).not.toContain('worker_manager_id');
  const files = filesToCompare(['scale_ahead']);
  for (const [without, withOurs] of Object.values(files)) {
    expect(withOurs).toContain('scale_ahead = "x"');
    expect(without).not.toContain('scale_ahead');
  }
});

it.each([
  ['reads only its own keys', 'echo alike', []],
  [
    'refuses a key that it does not know',
    'if grep -q scale_ahead "$2"; then echo "unknown key scale_ahead" >&2; exit 2; fi; echo alike',
    [
      'our keys in [[worker_manager]]: refused: unknown key scale_ahead',
      'our keys in [[scaler_ecs]]: refused: unknown key scale_ahead',
    ],
  ],
  [
    'starts a manager for our own section',
    'grep -c "worker_manager]\\|scaler_ecs]" "$2" || :',
    ['our keys in [[scaler_ecs]]: 1'],
  ],
])('says of a release that %s where it is disturbed', async (_, script, expected) => {
  expect(await checkConfigFile(releaseThat(script), theirs, dir)).toEqual(expected);
});
