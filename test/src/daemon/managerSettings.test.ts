import { expect, it } from 'vitest';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { managerSettings } from '../../../src/daemon/managerSettings.ts';

it('tells the manager where tasks may run, so that it can leave out what is broken', () => {
  const flags = ['--ecs-subnets', 'subnet-1,subnet-2', '--ecs-cluster', 'c', '-wmi', 'wm'];
  const [config] = loadConfig({
    argv: ['run', 'tcp://10.0.0.5:8516', ...flags],
    env: { HOME: '/home/nobody' },
    readFile: () => '',
    warn: () => {},
  }) as [Config];
  expect(managerSettings(config).subnets).toEqual(['subnet-1', 'subnet-2']);
});
