import { expect, it } from 'vitest';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { managerSettings } from '../../../src/daemon/managerSettings.ts';

const configOf = (...flags: string[]) => {
  const [config] = loadConfig({
    ...{
      argv: ['run', 'tcp://10.0.0.5:8516', '-wmi', 'wm', '--ecs-subnets', 'subnet-1', ...flags],
    },
    env: { HOME: '/home/nobody' },
    ...{ readFile: () => '', warn: () => {} },
  }) as [Config];
  return config;
};

it('tells the manager by which scheduler address its tasks are known, and that with a fleet_id the tag suffices', () => {
  const workerSchedulerAddress = 'tcp://10.0.0.5:8516';
  expect(managerSettings(configOf())).toMatchObject({ workerSchedulerAddress, tagSuffices: false });
  const named = managerSettings(configOf('--fleet-id', 'f'));
  expect(named).toMatchObject({ workerSchedulerAddress, tagSuffices: true });
});

it('tells the manager where tasks may run, so that it can leave out what is broken', () => {
  const config = configOf('--ecs-subnets', 'subnet-1,subnet-2');
  expect(managerSettings(config).subnets).toEqual(['subnet-1', 'subnet-2']);
});
