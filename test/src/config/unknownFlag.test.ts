import { expect, it } from 'vitest';
import { unknownFlagText } from '../../../src/config/unknownFlag.ts';

it.each([
  ['--prt', 'unknown flag --prt; did you mean --port?'],
  ['--worker-manager', '--worker-manager: flags cannot be abbreviated; write --worker-manager-id'],
  [
    '--worker_manager_id',
    '--worker_manager_id: flags are written with dashes; write --worker-manager-id',
  ],
  ['--json5x8', 'unknown flag --json5x8; see scaler-ecs status --help'],
])('corrects %s', (written, text) => {
  expect(unknownFlagText(written, ['port', 'worker-manager-id'], 'status ')).toBe(text);
});
