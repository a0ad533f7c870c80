import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { scopeOf } from '../../src/aws/preflight/permissions.ts';
import { policiesFor } from '../../src/aws/preflight/policy.ts';
import { ConfigFailure } from '../../src/config/configFailure.ts';
import { type Diagnosis, diagnoseFailure } from '../../src/daemon/doctor/doctor.ts';
import {
  everything,
  examine,
  makeCluster,
  networkOf,
  register,
  roleArn,
  type Situation,
} from './doctor/examine.ts';
import { seededFaults } from './doctor/seededFaults.ts';

/** Operations that read. Doctor calls no other. */
const reads = /^(Describe|List|Get|Simulate)/;

const alarms = ({ findings }: Diagnosis) =>
  findings.filter(({ severity }) => severity === 'error' || severity === 'warning');

async function diagnosisOf(situation: Situation): Promise<Diagnosis> {
  try {
    const { diagnosis, executed } = await examine(situation);
    expect(executed.filter((operation) => !reads.test(operation))).toEqual([]);
    return diagnosis;
  } catch (error) {
    if (error instanceof ConfigFailure) return diagnoseFailure(error);
    throw error;
  }
}

describe('doctor', () => {
  it.each(seededFaults)('finds $fault ($id)', async ({ id, severity, words, ...situation }) => {
    const diagnosis = await diagnosisOf(situation);
    const found = diagnosis.findings.find((finding) => finding.id === id);
    expect(found, JSON.stringify(alarms(diagnosis), null, 1)).toBeDefined();
    expect(found).toMatchObject({ severity, what: expect.stringContaining(words) });
    expect(found?.why).not.toBe('');
    expect(found?.remedy).not.toBe('');
    expect(diagnosis.verdict).toBe(
      diagnosis.findings.some((each) => each.severity === 'error') ? 'faulty' : 'ready',
    );
  });

  it('is tested with as many seeded faults and good set-ups as README.md says', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const [, faults, setUps] =
      /(\d+) seeded misconfigurations and .*? (\d+) good/.exec(readme) ?? [];
    expect({ faults: Number(faults), setUps: Number(setUps) }).toEqual({
      faults: seededFaults.length,
      setUps: good.length,
    });
  });

  it('is tested with at least thirty kinds of faults', () => {
    expect(new Set(seededFaults.map(({ id }) => id)).size).toBeGreaterThanOrEqual(30);
  });
});

const known = {
  account: '123456789012',
  principal: 'arn:aws:iam::123456789012:user/emulated',
  roles: [roleArn],
};
const policies = policiesFor(
  scopeOf(
    { region: 'us-east-1', cluster: 'scaler-cluster', family: 'scaler-task-definition' },
    known,
  ),
);

const good: (Situation & { name: string })[] = [
  { name: 'a new account' },
  { name: 'an account that run has prepared', prepare: everything },
  {
    name: 'a prepared account with exactly the policies of the steady state and of doctor',
    prepare: everything,
    account: { policies: [policies.steadyState, policies.doctor] },
  },
  {
    name: 'a new account with exactly the policies of the first run and of doctor',
    account: { policies: [policies.firstRun, policies.steadyState, policies.doctor] },
  },
  {
    name: 'a private subnet behind a NAT gateway, and a scheduler in the VPC',
    account: networkOf('nat-1'),
    flags: [
      ...[
        '--ecs-assign-public-ip',
        'DISABLED',
        '--object-storage-address',
        'tcp://172.31.0.9:8517',
      ],
      ...['--worker-scheduler-address', 'tcp://172.31.0.9:8516'],
    ],
  },
  {
    name: 'Spot with a cluster that lacks the providers',
    flags: ['--capacity-provider', 'FARGATE_SPOT'],
    prepare: async (clients) => {
      await everything(clients);
      await makeCluster(clients);
    },
  },
  {
    name: 'a definition that a person extended',
    prepare: async (clients) => {
      await everything(clients);
      await register(clients, { taskRoleArn: roleArn, tags: [{ key: 'team', value: 'a' }] });
    },
  },
  {
    name: 'an assumed role',
    account: { callerArn: 'arn:aws:sts::123456789012:assumed-role/Fleet/session' },
  },
  { name: 'a scheduler over ZeroMQ', answers: { '*': 'zmq' } },
  { name: 'an old scheduler', answers: { '*': 'ymq1' } },
  {
    name: 'a pinned release of the workers',
    flags: [
      '--ecs-task-image',
      'my/image:1',
      '--ecs-python-requirements',
      'opengris-scaler==2.9.0',
    ],
  },
  {
    name: 'a security group with exactly the needed egress',
    flags: ['--ecs-security-groups', 'sg-1'],
    account: networkOf(
      'igw-1',
      {},
      {
        securityGroups: [
          {
            id: 'sg-1',
            egress: [
              { protocol: 'tcp', from: 443, to: 443 },
              { protocol: 'tcp', from: 8516, to: 8517, cidr: '198.51.100.7/32' },
            ],
          },
        ],
      },
    ),
  },
];

describe('doctor', () => {
  it.each(good)('raises no alarm for $name', async (situation) => {
    const diagnosis = await diagnosisOf(situation);
    expect(alarms(diagnosis)).toEqual([]);
    expect(diagnosis.verdict).toBe('ready');
  });
});

describe('doctor', () => {
  it('names what it could not check, when it may read nothing', async () => {
    const { findings } = await diagnosisOf({
      account: { policies: { Statement: [{ Effect: 'Allow', Action: 'ecs:*', Resource: '*' }] } },
    });
    const ids = findings.filter(({ severity }) => severity === 'unchecked').map(({ id }) => id);
    expect(ids).toEqual(
      expect.arrayContaining([
        'permissions.unchecked',
        'executionRole.unchecked',
        'serviceLinkedRole.unchecked',
        'quota.unchecked',
        'subnets.unchecked',
        'scheduler.policy',
      ]),
    );
    expect(findings.find(({ id }) => id === 'permissions.unchecked')?.what).toContain(
      'ecs:RunTask',
    );
  });

  it('ends within 10 s while AWS does not answer', async () => {
    const startedAt = performance.now();
    await diagnosisOf({ faults: [{ operation: '*', do: 'hang' }] });
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it('takes loopback addresses for the workers when ECS is an emulator on this machine', async () => {
    const { findings } = await diagnosisOf({
      env: { AWS_ENDPOINT_URL_ECS: 'http://127.0.0.1:4566' },
      flags: ['--worker-scheduler-address', 'tcp://127.0.0.1:8516'],
    });
    expect(findings.filter(({ id }) => id.startsWith('workerAddress.'))).toMatchObject([
      { severity: 'ok' },
      { severity: 'ok' },
    ]);
  });
});
