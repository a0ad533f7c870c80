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

it('tells the manager by which scheduler address its tasks are known, except with a fleet_id', () => {
  expect(managerSettings(configOf()).workerSchedulerAddress).toBe('tcp://10.0.0.5:8516');
  const named = managerSettings(configOf('--fleet-id', 'f'));
  expect(named.workerSchedulerAddress).toBeNull();
});

it('tells the manager where tasks may run, so that it can leave out what is broken', () => {
  const config = configOf('--ecs-subnets', 'subnet-1,subnet-2');
  expect(managerSettings(config).subnets).toEqual(['subnet-1', 'subnet-2']);
});
