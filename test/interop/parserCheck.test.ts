import { expect, it } from 'vitest';
import { flagsIn, unknownFlags } from './parserCheck.ts';

const help = `usage: scaler_worker_manager [-h] --worker-manager-id WORKER_MANAGER_ID

positional arguments:
  scheduler_address     scheduler address

options:
  -h, --help            show this help message and exit
  --worker-manager-id WORKER_MANAGER_ID, -wmi WORKER_MANAGER_ID
                        worker manager ID (see --other-flag)
  --hard-processor-suspend, -hps
                        when set, suspends
  --preload PRELOAD     preload function spec
  --unit-timeout-seconds UNIT_TIMEOUT_SECONDS, -uts UNIT_TIMEOUT_SECONDS
  --config CONFIG, -x CONFIG
`;

it('reads the flags of a help text, and names those that are no setting of ours', () => {
  const flags = flagsIn(help);
  expect(flags).toEqual([
    { long: 'worker-manager-id', short: 'wmi' },
    { long: 'hard-processor-suspend', short: 'hps' },
    { long: 'preload', short: null },
    { long: 'unit-timeout-seconds', short: 'uts' },
    { long: 'config', short: 'x' },
  ]);
  expect(unknownFlags(flags)).toEqual([
    '--unit-timeout-seconds is no setting of ours',
    '--config is -x there and -c here',
  ]);
});
