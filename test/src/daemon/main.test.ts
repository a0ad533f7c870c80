import { describe, expect, it } from 'vitest';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { createTemplates } from '../../../src/daemon/launchTemplates.ts';
import { inputOf, templateFinder } from '../../../src/daemon/main.ts';
import { managerSettings } from '../../../src/daemon/managerSettings.ts';
import { Ledger } from '../../../src/store/ledger.ts';
import { type LaunchRecord, unknownTimes } from '../../../src/store/records.ts';

const configOf = (...flags: string[]): Config => {
  const [config] = loadConfig({
    argv: ['run', 'tcp://10.0.0.5:8516', '-wmi', 'wm', '--ecs-subnets', 's-1', ...flags],
    env: { HOME: '/home/x' },
    readFile: () => '',
    warn: () => {},
  });
  if (!config) throw new Error('no config');
  return config;
};

const order = {
  label: 'e-1',
  clientToken: 'se-e-1',
  count: 1,
  revision: 'arn:aws:ecs:us-east-1:1:task-definition/d:3',
  market: 'onDemand' as const,
};

describe('templateFinder', () => {
  const templates = createTemplates(configOf());
  const zmq = templates.templateOf({ template: 'zmq 2.6.0' });
  const journaled = (more: Partial<LaunchRecord>): LaunchRecord => ({
    ...{ kind: 'launch', ...order, requestHash: zmq.hash(order), at: 1 },
    ...more,
  });

  it('finds for a launch that is sent again the template that it was journaled with, not that of today', () => {
    const find = templateFinder({ ledger: Ledger.replay([journaled({})]) }, templates);
    expect(find(order)).toBe(zmq);
    expect(find({ ...order, template: 'ymq 2.9.0' })).toBe(zmq);
    const other = { ...order, label: 'e-2', template: 'ymq 2.9.0' };
    expect(find(other)).toBe(templates.templateOf(other));
  });

  it('finds for it the cluster that it was journaled with', () => {
    const before = createTemplates(configOf('--ecs-cluster', 'before')).templateOf({});
    const record = journaled({ requestHash: before.hash(order), cluster: 'before' });
    const find = templateFinder({ ledger: Ledger.replay([record]) }, templates);
    expect(find(order).cluster).toBe('before');
    expect(find({ ...order, label: 'e-2' }).cluster).toBe('scaler-cluster');
  });
});

describe('inputOf', () => {
  const ended = { kind: 'ended', detail: null, usd: null, ...unknownTimes } as const;
  const ledger = Ledger.replay(
    [29_000, 31_000].map((at) => ({
      ...ended,
      ...{ groupId: `g${at}`, taskArn: `arn/${at}`, cause: 'exited' as const, endedAt: at, at },
    })),
  );
  const inputWith = (found: 'none' | 'whole' | 'damaged', ...flags: string[]) => {
    const config = configOf(...flags);
    const fleet = { epoch: 'e', owned: [], settings: managerSettings(config), startedAt: 90_000 };
    return inputOf(
      config,
      createTemplates(config),
      { found, ledger, writtenAt: 80_000 },
      fleet as never,
    );
  };

  it('may owe the scheduler a response unless this is the first run', () => {
    expect(inputWith('none').session.responsePending).toBe(false);
    expect(inputWith('whole').session.responsePending).toBe(true);
    expect(inputWith('damaged').session.responsePending).toBe(true);
  });

  it('hands on what was recovered, the settings and the policy of a stop', () => {
    expect(inputWith('none', '--stop-timeout', '7')).toMatchObject({
      ...{ stopTimeoutMs: 7000, leaveRunning: false },
      fleet: { epoch: 'e', owned: [], settings: { maxTasks: expect.anything() } },
      monitor: { workerManagerId: 'wm', dead: { 29000: 39_000, 31000: 41_000 } },
    });
    expect(inputWith('none', '--sigterm-policy', 'leave').leaveRunning).toBe(true);
  });
});
