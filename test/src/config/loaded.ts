import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load.ts';

/** Arguments with the three required settings. */
export const needed = ['tcp://10.0.0.1:8516', '-wmi', 'wm', '--ecs-subnets', 'subnet-1'];

/** The same settings in a file. */
export const neededToml = `[[worker_manager]]
type = "aws_raw_ecs"
scheduler_address = "tcp://10.0.0.1:8516"
worker_manager_id = "wm"
ecs_subnets = "subnet-1"
`;

export interface Given {
  flags?: string[];
  env?: Record<string, string>;
  toml?: string;
}

/** Loads `scaler-ecs run` with the required settings and these flags. */
export function run({ flags = [], env = {}, toml }: Given): { config: Config; warnings: string[] } {
  const warnings: string[] = [];
  const configs = loadConfig({
    argv: ['run', ...needed, ...(toml === undefined ? [] : ['--config', 'c.toml']), ...flags],
    env: { HOME: '/home/u', ...env },
    readFile: () => toml ?? '',
    warn: (line) => warnings.push(line),
  });
  return { config: configs[0] as Config, warnings };
}

/** Loads `scaler-ecs c.toml`. */
export function runFile(toml: string, env: Record<string, string> = {}) {
  const warnings: string[] = [];
  const configs = loadConfig({
    argv: ['c.toml'],
    env: { HOME: '/home/u', ...env },
    readFile: () => toml,
    warn: (line) => warnings.push(line),
  });
  return { configs, warnings };
}
