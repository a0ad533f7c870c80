import { describe, expect, it } from 'vitest';
import { variableWarnings } from '../../../src/config/variables.ts';
import { neededToml, run, runFile } from './loaded.ts';

describe('variableWarnings', () => {
  it.each([
    [
      'SCALER_ECS_SUBNET',
      'unknown variable SCALER_ECS_SUBNET is ignored; did you mean SCALER_ECS_',
    ],
    ['SCALER_SUBNETS', 'did you mean SCALER_ECS_SUBNETS?'],
    ['SCALER_MAX_TASKS_CONCURRENCY', 'did you mean SCALER_MAX_TASK_CONCURRENCY?'],
    ['SCALER_AWS_ACCESS_KEY', 'did you mean AWS_ACCESS_KEY_ID?'],
    ['SCALER_AWS_SECRET_ACCESS_KEY', 'is ignored; write AWS_SECRET_ACCESS_KEY'],
    ['SCALER_CONFIG', 'variable SCALER_CONFIG is ignored; write --config'],
  ])('reports %s', (name, words) => {
    expect(variableWarnings({ [name]: 'x' }, false)).toEqual([expect.stringContaining(words)]);
  });

  it.each(['SCALER_IO_THREADS', 'SCALER_NETWORK_BACKEND', 'SCALER_TEAM_OF_MINE', 'ECS_SUBNET'])(
    'says nothing about %s',
    (name) => {
      expect(variableWarnings({ [name]: 'x' }, false)).toEqual([]);
    },
  );

  it('says nothing about an empty variable, which is not set', () => {
    expect(variableWarnings({ SCALER_ECS_SUBNET: '' }, false)).toEqual([]);
  });

  it('reports variables that a configuration file alone leaves aside, but not those read always', () => {
    const env = { SCALER_IO_THREADS: '2', SCALER_NETWORK_BACKEND: 'zmq' };
    expect(variableWarnings(env, true)).toEqual([
      'variable SCALER_IO_THREADS is ignored with a configuration file alone, as in Scaler; use scaler-ecs run --config',
    ]);
    expect(runFile(neededToml, env).warnings).toHaveLength(1);
    expect(run({ env }).warnings).toEqual([]);
  });
});
