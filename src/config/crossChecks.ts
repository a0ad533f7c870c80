import { type Address, isNumericHost } from '../shared/address.ts';
import { ConfigFailure } from './configFailure.ts';
import { fargateCpus, fargateMemory, nearestFargateSize } from './fargate.ts';
import { named, type Values } from './schema.ts';
import type { Environment, Settings } from './settings.ts';
import { anyIsEncrypted } from './tls.ts';

/** What is wrong between settings that are each right by themselves. Throws a ConfigFailure. */
export function crossCheck({ values }: Settings): void {
  checkCredentials(values);
  checkFargateSize(values);
  checkCapacity(values);
  checkSchemes(values);
}

const credentials = ['aws_access_key_id', 'aws_secret_access_key'] as const;

function checkCredentials(values: Values): void {
  const present = [...credentials, 'aws_session_token' as const].find((key) => values[key]);
  const absent = credentials.find((key) => !values[key]);
  if (!present || !absent) return;
  throw new ConfigFailure(
    `${named(absent)}: missing, while ${present} is given; give both keys, or neither and leave them to the AWS SDK`,
  );
}

function checkFargateSize({ ecs_task_cpu: cpu, ecs_task_memory: memory }: Values): void {
  const near = nearestFargateSize({ cpu, memory });
  if (near.cpu === cpu && near.memory === memory) return;
  const nearest = `the nearest pair is ${near.cpu} vCPU with ${near.memory} GB`;
  const allowed = fargateMemory(cpu);
  throw new ConfigFailure(
    allowed === null
      ? `${named('ecs_task_cpu')}: Fargate has ${fargateCpus.join(', ')} vCPU, not ${cpu}; ${nearest}`
      : `${named('ecs_task_memory')}: Fargate has ${allowed} with ${cpu} vCPU, not ${memory}; ${nearest}`,
  );
}

function checkCapacity({ max_workers: most, ecs_task_cpu: cpu }: Values): void {
  if (most === -1 || most >= cpu) return;
  throw new ConfigFailure(
    `${named('max_workers')}: must be -1 (no limit) or at least the ${cpu} workers of one Fargate task (ecs_task_cpu), got ${most}`,
  );
}

function checkSchemes(values: Values): void {
  if (values.object_storage_address?.scheme === 'inproc')
    throw new ConfigFailure(
      `${named('object_storage_address')}: inproc:// does not leave its own process`,
    );
  for (const key of ['scheduler_address', 'worker_scheduler_address'] as const) {
    const scheme = values[key]?.scheme;
    if (scheme === 'inproc') {
      throw new ConfigFailure(`${named(key)}: inproc:// does not leave its own process`);
    }
    if (values.network_backend === 'zmq' && scheme && !['tcp', 'ipc'].includes(scheme)) {
      throw new ConfigFailure(`${named(key)}: ${scheme}:// needs network_backend ymq, not zmq`);
    }
  }
}

/** What is allowed and probably not meant; a line each. */
export function warningsFor({ values, sources }: Settings, env: Environment): string[] {
  const lines: string[] = [];
  const scheduler = values.worker_scheduler_address ?? values.scheduler_address;
  const schedulerKey = values.worker_scheduler_address
    ? 'worker_scheduler_address'
    : 'scheduler_address';
  if (values.network_backend !== 'zmq') lines.push(...hostName(named(schedulerKey), scheduler));
  lines.push(...hostName(named('object_storage_address'), values.object_storage_address));
  lines.push(...trust(values));
  const interval = values.heartbeat_interval_seconds;
  if (interval >= 10) {
    lines.push(
      `${named('heartbeat_interval_seconds')}: ${interval} is long; a scheduler forgets a manager after 10 s of silence`,
    );
  }
  const region = env.AWS_REGION ?? env.AWS_DEFAULT_REGION;
  if (sources.aws_region === 'default' && region && region !== values.aws_region) {
    lines.push(
      `${named('aws_region')}: ${values.aws_region} by default; AWS_REGION is not read, as in Scaler`,
    );
  }
  return lines;
}

function trust(values: Values): string[] {
  const { scheduler_address, monitor_address, tls_ca, tls_insecure } = values;
  const encrypted = anyIsEncrypted([scheduler_address, monitor_address]);
  const idle = (['tls_ca', 'tls_insecure'] as const).filter((key) => values[key]);
  if (!encrypted)
    return idle.map((key) => `${named(key)}: means nothing, no address is tls:// or wss://`);
  if (!tls_insecure) return [];
  return [
    `${named('tls_insecure')}: CERTIFICATES ARE NOT CHECKED; whoever gets in between can start and stop our Fargate tasks`,
    ...(tls_ca === null ? [] : [`${named('tls_ca')}: means nothing beside tls_insecure`]),
  ];
}

const hostName = (setting: string, address: Address | null): string[] =>
  address && !isNumericHost(address)
    ? [`${setting}: ${address.host} is a host name; YMQ workers take numeric addresses only`]
    : [];
