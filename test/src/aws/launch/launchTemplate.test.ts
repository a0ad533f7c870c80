import { describe, expect, it } from 'vitest';
import { TemplateFailure } from '../../../../src/aws/launch/command.ts';
import {
  createTemplate,
  type TemplateSettings,
} from '../../../../src/aws/launch/launchTemplate.ts';

const settings: TemplateSettings = {
  cluster: 'scaler-cluster',
  subnets: ['subnet-1', 'subnet-2'],
  workerSchedulerAddress: 'tcp://203.0.113.7:8516',
  workersPerTask: 4,
  managerId: 'wm-ecs',
  capabilities: [],
  transport: 'ymq',
  perWorkerTaskQueueSize: 1000,
  heartbeatIntervalSeconds: 2,
  taskTimeoutSeconds: 0,
  deathTimeoutSeconds: 300,
  garbageCollectIntervalSeconds: 30,
  trimMemoryThresholdBytes: 1073741824,
  hardProcessorSuspend: false,
  ioThreads: 1,
  eventLoop: 'builtin',
  pythonRequirements: 'tomli;pargraph;parfun;pandas',
  pythonVersion: '3.12.11',
  startedBy: 'se-abc',
};

const order = {
  label: 'l-1',
  clientToken: 'token-1',
  count: 10,
  revision: 'arn:aws:ecs:us-east-1:123456789012:task-definition/scaler-task-definition:3',
  market: 'onDemand' as const,
};

describe('request', () => {
  it('uses the subnets of the order, which change the hash', () => {
    const template = createTemplate(settings);
    const elsewhere = { ...order, subnets: ['subnet-2'] };
    const { networkConfiguration } = template.request(elsewhere);
    expect(networkConfiguration?.awsvpcConfiguration?.subnets).toEqual(['subnet-2']);
    expect(template.hash(elsewhere)).not.toBe(template.hash(order));
  });

  it('contains the settings, the environment of the container and the label', () => {
    const template = createTemplate(settings);
    expect(template.request(order)).toEqual({
      cluster: 'scaler-cluster',
      taskDefinition: order.revision,
      count: 10,
      clientToken: 'token-1',
      startedBy: 'se-abc',
      launchType: 'FARGATE',
      networkConfiguration: {
        awsvpcConfiguration: {
          subnets: ['subnet-1', 'subnet-2'],
          securityGroups: [],
          assignPublicIp: 'ENABLED',
        },
      },
      overrides: {
        containerOverrides: [
          {
            name: 'scaler-container',
            environment: [
              { name: 'COMMAND', value: template.command },
              { name: 'PYTHON_REQUIREMENTS', value: 'tomli;pargraph;parfun;pandas' },
              { name: 'PYTHON_VERSION', value: '3.12.11' },
              { name: 'SCALER_NETWORK_BACKEND', value: 'ymq' },
              { name: 'SCALER_ECS_LAUNCH', value: 'l-1' },
            ],
          },
        ],
      },
    });
  });

  it('has a capacity provider strategy and no launch type for Spot', () => {
    const request = createTemplate({ ...settings, capacityProvider: 'FARGATE_SPOT' }).request({
      ...order,
      market: 'spot',
    });
    expect(request.capacityProviderStrategy).toEqual([
      { capacityProvider: 'FARGATE_SPOT', weight: 1 },
    ]);
    expect(request).not.toHaveProperty('launchType');
  });

  it('has the same JSON each time, so that its client token may be sent again', () => {
    const template = createTemplate(settings);
    expect(JSON.stringify(template.request(order))).toBe(JSON.stringify(template.request(order)));
  });
});

describe('hash', () => {
  const hash = (changed: Partial<TemplateSettings> = {}, other = {}) =>
    createTemplate({ ...settings, ...changed }).hash({ ...order, ...other });

  it('does not depend on label and client token', () => {
    expect(hash()).toMatch(/^[0-9a-f]{64}$/);
    expect(hash({}, { label: 'l-2', clientToken: 'token-2' })).toBe(hash());
  });

  it('changes with every other field of the request', () => {
    const hashes = [
      hash(),
      hash({}, { count: 9 }),
      hash({}, { revision: `${order.revision}1` }),
      hash({ cluster: 'other' }),
      hash({ subnets: ['subnet-2', 'subnet-1'] }),
      hash({ securityGroups: ['sg-1'] }),
      hash({ assignPublicIp: 'DISABLED' }),
      hash({ startedBy: 'se-abd' }),
      hash({ transport: 'zmq' }),
      hash({ managerId: 'wm-ecs2' }),
      hash({ pythonRequirements: 'numpy' }),
      hash({ pythonVersion: '3.13.1' }),
      hash({ capacityProvider: 'FARGATE' }),
      hash({ tags: [{ key: 'team', value: 'a' }] }),
      hash({ propagateTags: true }),
      hash({ platformVersion: '1.4.0' }),
      hash({ exec: true }),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});

it('asks for tags, a platform version and ECS Exec only where the settings do', () => {
  const more = {
    ...{ propagateTags: true, platformVersion: '1.4.0', exec: true },
    tags: [{ key: 'team', value: 'ml' }],
  };
  expect(createTemplate({ ...settings, ...more }).request(order)).toMatchObject({
    ...{ propagateTags: 'TASK_DEFINITION', platformVersion: '1.4.0', enableExecuteCommand: true },
    tags: [{ key: 'team', value: 'ml' }],
  });
  // A launch that an earlier release journaled is sent again unchanged.
  const plain = createTemplate({
    ...settings,
    ...{ tags: [], propagateTags: false, platformVersion: undefined, exec: false },
  });
  expect(plain.hash(order)).toBe(createTemplate(settings).hash(order));
});

describe('check', () => {
  const size = (length: number) =>
    createTemplate({ ...settings, pythonRequirements: 'x'.repeat(length) });

  it('measures the JSON of the overrides with the longest label', () => {
    const label = 'x'.repeat(64);
    const overrides = createTemplate(settings).request({ ...order, label }).overrides;
    expect(createTemplate(settings).check()).toEqual({
      size: JSON.stringify(overrides).length,
      warning: null,
    });
  });

  it('warns above 7000 characters and fails above 8192, in one line without the text itself', () => {
    const rest = size(0).check().size;
    expect(size(7000 - rest).check().warning).toBeNull();
    expect(size(7001 - rest).check().warning).toMatch(/7001 characters/);
    expect(() => size(8192 - rest).check()).not.toThrow();
    expect(() => size(8193 - rest).check()).toThrow(TemplateFailure);
    expect(() => size(8193 - rest).check()).toThrow(/^(?!.*xxx)[^\n]*8193[^\n]*8192[^\n]*$/);
  });
});
