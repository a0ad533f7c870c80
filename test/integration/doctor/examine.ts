import {
  CreateClusterCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
} from '@aws-sdk/client-ecs';
import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  CreateServiceLinkedRoleCommand,
  IAMClient,
} from '@aws-sdk/client-iam';
import { onTestFinished, vi } from 'vitest';
import { loadSettings } from '../../../src/config/load.ts';
import { type Diagnosis, diagnose } from '../../../src/daemon/doctor/doctor.ts';
import { type Emulator, startEmulator } from '../../../src/emulator/emulator.ts';
import type { Detected, Detection } from '../../../src/scheduler/transport/detect.ts';
import type { Address } from '../../../src/shared/address.ts';
import { silentLog } from '../../../src/telemetry/log.ts';

/** What answers at which address: a transport, for each `host:port` or for every address. */
export type Answers = Partial<Record<string, Detected>>;

export interface Situation {
  /** Flags beside those of a good set-up; a flag replaces the same flag of it. */
  flags?: string[];
  /** Environment of doctor. The AWS SDK reads its credentials from the environment of the process. */
  env?: Record<string, string>;
  /** `PUT /_emulator/account`, after `prepare`. */
  account?: object;
  /** Makes clusters, roles and definitions. */
  prepare?: (clients: { ecs: ECSClient; iam: IAMClient }) => Promise<unknown>;
  faults?: unknown[];
  answers?: Answers;
  /** Credentials in the environment of the process; null: none. */
  keys?: { id: string; token?: string } | null;
}

export const vpc = 'vpc-0a1b2c3d4e5f60001';
const routes = (target: string, state = 'active') => [
  { destination: '172.31.0.0/16', target: 'local' },
  { destination: '0.0.0.0/0', target, state },
];
/** A network with one subnet whose default route has this target. */
export const networkOf = (target: string, subnet: object = {}, more: object = {}) => ({
  network: {
    subnets: [{ id: 'subnet-1', freeAddresses: 200, ...subnet }],
    routeTables: [{ main: true, routes: target === '' ? [] : routes(target) }],
    ...more,
  },
});
export const publicNetwork = networkOf('igw-1');

export const trust = (service: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
  });
export const roleName = 'ecsTaskExecutionRole';
export const roleArn = `arn:aws:iam::123456789012:role/${roleName}`;
const policyArn = 'arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy';

/** The definition that run registers for a good set-up. */
export const definition: RegisterTaskDefinitionCommandInput = {
  family: 'scaler-task-definition',
  cpu: '4096',
  memory: '30720',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  executionRoleArn: roleArn,
  containerDefinitions: [
    { name: 'scaler-container', image: 'public.ecr.aws/v4u8j8r6/scaler:latest' },
  ],
};

type Clients = { ecs: ECSClient; iam: IAMClient };

export async function makeRole({ iam }: Clients, service = 'ecs-tasks.amazonaws.com') {
  const AssumeRolePolicyDocument = trust(service);
  await iam.send(new CreateRoleCommand({ RoleName: roleName, AssumeRolePolicyDocument }));
}

export async function attachPolicy({ iam }: Clients) {
  await iam.send(new AttachRolePolicyCommand({ RoleName: roleName, PolicyArn: policyArn }));
}

export async function linkRole({ iam }: Clients) {
  await iam.send(new CreateServiceLinkedRoleCommand({ AWSServiceName: 'ecs.amazonaws.com' }));
}

export async function makeCluster({ ecs }: Clients, more: object = {}) {
  await ecs.send(new CreateClusterCommand({ clusterName: 'scaler-cluster', ...more }));
}

/** Registers the definition of a good set-up with changes; `undefined` removes a member. */
export async function register({ ecs }: Clients, changes: object = {}) {
  await ecs.send(new RegisterTaskDefinitionCommand({ ...definition, ...changes }));
}

/** An account that run has prepared. */
export async function everything(clients: Clients) {
  await makeRole(clients);
  await attachPolicy(clients);
  await linkRole(clients);
  await makeCluster(clients);
  await register(clients);
}

/** The flags of a good set-up, as the page's quick start has them. */
const goodFlags: Record<string, string> = {
  '--worker-scheduler-address': 'tcp://198.51.100.7:8516',
  '--object-storage-address': 'tcp://198.51.100.7:8517',
  '--worker-manager-id': 'wm-ecs',
  '--ecs-subnets': 'subnet-1',
  '--aws-region': 'us-east-1',
  '--max-task-concurrency': '4',
  '--ecs-task-cpu': '4',
  '--ecs-task-memory': '30',
  '--state-dir': '/tmp',
};

export function argvWith(flags: string[] = []): string[] {
  const all = { ...goodFlags };
  for (let index = 0; index < flags.length; index += 2)
    all[flags[index] ?? ''] = flags[index + 1] ?? '';
  const words = Object.entries(all).flatMap(([flag, value]) => (value === '' ? [] : [flag, value]));
  return ['run', 'tcp://10.255.0.1:8516', ...words];
}

/** Answers as a set-up where everything is up, except for the given addresses. */
function detectorOf(answers: Answers) {
  return (address: Address): Promise<Detection> => {
    const place = `${address.host}:${address.port}`;
    const transport = answers[place] ?? answers['*'] ?? 'ymq2';
    const reason =
      transport === 'refused' ? 'connect ECONNREFUSED' : 'the peer sent 594d5102 first';
    return Promise.resolve({ transport, reason: `${address.text}: ${reason}` });
  };
}

/** Runs doctor in a situation, against an emulator of its own. Throws a ConfigFailure for invalid settings. */
export async function examine(
  situation: Situation,
): Promise<{ diagnosis: Diagnosis; emulator: Emulator; executed: string[] }> {
  const { keys = { id: 'AKIDEXAMPLE' } } = situation;
  const accessKey = keys?.id ?? 'AKIDEXAMPLE';
  const emulator = await startEmulator({ log: silentLog, hollow: true, accessKey });
  const clients = clientsFor(emulator);
  onTestFinished(async () => {
    clients.ecs.destroy();
    clients.iam.destroy();
    vi.unstubAllEnvs();
    await emulator.close();
  });
  await situation.prepare?.(clients);
  emulator.setAccount(publicNetwork);
  emulator.setAccount(situation.account ?? {});
  emulator.setFaults(situation.faults ?? []);
  const before = emulator.ledger().calls;
  vi.stubEnv('AWS_ENDPOINT_URL', emulator.url);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent');
  vi.stubEnv('AWS_ACCESS_KEY_ID', keys?.id);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', keys ? 'secret' : undefined);
  vi.stubEnv('AWS_SESSION_TOKEN', keys?.token);
  // Without AWS_ENDPOINT_URL: doctor is to judge addresses as for AWS itself.
  const env = { HOME: '/tmp', AWS_ENDPOINT_URL_STS: emulator.url, ...situation.env };
  const argv = argvWith(situation.flags);
  const [loaded] = loadSettings({
    argv,
    env,
    readFile: () => '',
    warn: () => {},
    takeUnreachable: true,
  });
  if (!loaded) throw new Error('no manager');
  const diagnosis = await diagnose(loaded, env, detectorOf(situation.answers ?? {}));
  const { calls } = emulator.ledger();
  const executed = Object.keys(calls).filter((name) => calls[name] !== before[name]);
  return { diagnosis, emulator, executed };
}

function clientsFor({ url, accessKey }: Emulator): Clients {
  const settings = {
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: accessKey, secretAccessKey: 'secret' },
    maxAttempts: 1,
  };
  return { ecs: new ECSClient(settings), iam: new IAMClient(settings) };
}
