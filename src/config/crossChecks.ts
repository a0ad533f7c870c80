import { type Address, isNumericHost } from '../shared/address.ts';
import type { AwsProfile } from './awsProfile.ts';
import { commandLineSecrets } from './commandLineSecrets.ts';
import { ConfigFailure } from './configFailure.ts';
import { fargateCpus, fargateMemory, nearestFargateSize } from './fargate.ts';
import { named, type Values } from './schema.ts';
import type { Environment, Settings } from './settings.ts';
import { anyIsEncrypted } from './tls.ts';

/** Checks settings that are valid by themselves against each other. Throws a ConfigFailure. */
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
    `${named(absent)}: missing, while ${present} is given; give both keys, or neither to use the credentials that the AWS SDK finds`,
  );
}

function checkFargateSize({ ecs_task_cpu: cpu, ecs_task_memory: memory }: Values): void {
  const nearest = nearestFargateSize({ cpu, memory });
  if (nearest.cpu === cpu && nearest.memory === memory) return;
  const hint = `the nearest pair is ${nearest.cpu} vCPU with ${nearest.memory} GB`;
  const allowed = fargateMemory(cpu);
  throw new ConfigFailure(
    allowed === null
      ? `${named('ecs_task_cpu')}: Fargate has ${fargateCpus.join(', ')} vCPU, not ${cpu}; ${hint}`
      : `${named('ecs_task_memory')}: Fargate has ${allowed} with ${cpu} vCPU, not ${memory}; ${hint}`,
  );
}

function checkCapacity({ max_workers: maxWorkers, ecs_task_cpu: cpu }: Values): void {
  if (maxWorkers === -1 || maxWorkers >= cpu) return;
  throw new ConfigFailure(
    `${named('max_workers')}: must be -1 (no limit) or at least the ${cpu} workers of one Fargate task (ecs_task_cpu), got ${maxWorkers}`,
  );
}

function checkSchemes(values: Values): void {
  if (values.object_storage_address?.scheme === 'inproc')
    throw new ConfigFailure(
      `${named('object_storage_address')}: inproc:// works only within one process`,
    );
  for (const key of ['scheduler_address', 'worker_scheduler_address'] as const) {
    const scheme = values[key]?.scheme;
    if (scheme === 'inproc') {
      throw new ConfigFailure(`${named(key)}: inproc:// works only within one process`);
    }
    if (values.network_backend === 'zmq' && scheme && !['tcp', 'ipc'].includes(scheme)) {
      throw new ConfigFailure(`${named(key)}: ${scheme}:// needs network_backend ymq, not zmq`);
    }
  }
}

/** One line for each setting that is allowed but probably a mistake. */
export function warningsFor(
  { values, sources }: Settings,
  env: Environment,
  profile: AwsProfile,
  isEmulated: boolean,
): string[] {
  const lines: string[] = [];
  const scheduler = values.worker_scheduler_address ?? values.scheduler_address;
  const schedulerKey = values.worker_scheduler_address
    ? 'worker_scheduler_address'
    : 'scheduler_address';
  if (values.network_backend !== 'zmq')
    lines.push(...hostNameWarning(named(schedulerKey), scheduler));
  lines.push(...hostNameWarning(named('object_storage_address'), values.object_storage_address));
  lines.push(...tlsWarnings(values), ...commandLineSecrets({ values, sources }));
  const interval = values.heartbeat_interval_seconds;
  if (interval >= 10) {
    lines.push(
      `${named('heartbeat_interval_seconds')}: ${interval} is too long; a scheduler removes a manager after 10 s without a heartbeat`,
    );
  }
  if (!isEmulated) lines.push(...idWarnings(values));
  lines.push(...limitWarnings(values));
  if (sources.aws_region === 'default') lines.push(...regionWarning(values, env, profile));
  return lines;
}

/** Other programs take the region from the first of these; this one, like Scaler, from none. */
function regionWarning(values: Values, env: Environment, profile: AwsProfile): string[] {
  const found = [
    ['AWS_REGION', env.AWS_REGION],
    ['AWS_DEFAULT_REGION', env.AWS_DEFAULT_REGION],
    [`the AWS profile ${JSON.stringify(profile.name)}`, profile.values.region],
  ].find(([, region]) => region);
  if (found === undefined || found[1] === values.aws_region) return [];
  const [source, region] = found;
  return [
    `${named('aws_region')}: ${values.aws_region} by default; ${source} names ${region}, which is not read, as in Scaler: to use it, give it as --aws-region`,
  ];
}

/** AWS refuses every launch with an id of another kind; an emulator may take it. */
function idWarnings(values: Values): string[] {
  const kinds = [
    ['ecs_subnets', 'subnet-'],
    ['ecs_security_groups', 'sg-'],
  ] as const;
  return kinds.flatMap(([key, prefix]) =>
    values[key]
      .filter((id) => !id.startsWith(prefix))
      .map((id) => `${named(key)}: AWS knows no such id as ${id}; they begin with ${prefix}`),
  );
}

function limitWarnings(values: Values): string[] {
  const lines: string[] = [];
  if (values.max_task_concurrency === 0) {
    lines.push(
      `${named('max_task_concurrency')}: with 0 no Fargate task is ever launched; -1 means no limit`,
    );
  }
  if (values.stop_timeout === 0 && values.sigterm_policy === 'stop') {
    lines.push(
      `${named('stop_timeout')}: with 0 a stop leaves the Fargate tasks running; to leave them on purpose use sigterm_policy leave`,
    );
  }
  return lines;
}

function tlsWarnings(values: Values): string[] {
  const { scheduler_address, monitor_address, tls_ca, tls_insecure } = values;
  const encrypted = anyIsEncrypted([scheduler_address, monitor_address]);
  const given = (['tls_ca', 'tls_insecure'] as const).filter((key) => values[key]);
  if (!encrypted)
    return given.map((key) => `${named(key)}: has no effect, no address is tls:// or wss://`);
  if (!tls_insecure) return [];
  return [
    `${named('tls_insecure')}: CERTIFICATES ARE NOT CHECKED; an attacker on the network can start and stop Fargate tasks`,
    ...(tls_ca === null ? [] : [`${named('tls_ca')}: has no effect together with tls_insecure`]),
  ];
}

function hostNameWarning(setting: string, address: Address | null): string[] {
  return address && !isNumericHost(address)
    ? [`${setting}: ${address.host} is a host name; YMQ workers accept only IP addresses`]
    : [];
}
