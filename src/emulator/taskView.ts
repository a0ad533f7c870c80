import type { Members } from './members.ts';
import type { Task, TaskContainer } from './model.ts';

/** Seconds since the epoch with milliseconds, as ECS sends them; the JavaScript SDK refuses ISO strings. */
const epochSeconds = (at: number | null): number | undefined =>
  at === null ? undefined : Math.round(at) / 1000;

/** A task as DescribeTasks shows it. Undefined members are omitted from the JSON. */
export const taskView = (task: Task, include: string[] = []): Members => ({
  attachments: [attachment(task)],
  attributes: [{ name: 'ecs.cpu-architecture', value: architecture(task) }],
  availabilityZone: `${task.region.name}${'abc'[task.subnet.length % 3]}`,
  ...(task.capacityProvider === null ? {} : { capacityProviderName: task.capacityProvider }),
  clusterArn: task.cluster.arn,
  connectivity: task.connectivityAt === null ? undefined : 'CONNECTED',
  connectivityAt: epochSeconds(task.connectivityAt),
  containers: task.containers.map((container) => containerView(task, container)),
  cpu: task.cpu,
  createdAt: epochSeconds(task.createdAt),
  desiredStatus: task.desiredStatus,
  enableExecuteCommand: task.exec,
  ephemeralStorage: { sizeInGiB: storageGib(task) },
  executionStoppedAt: epochSeconds(task.executionStoppedAt),
  fargateEphemeralStorage: task.startedAt === null ? undefined : { sizeInGiB: storageGib(task) },
  group: task.group,
  healthStatus: task.startedAt === null ? undefined : 'UNKNOWN',
  lastStatus: task.lastStatus,
  launchType: 'FARGATE',
  memory: task.memory,
  overrides: task.overrides,
  platformFamily: 'Linux',
  platformVersion: task.platformVersion,
  pullStartedAt: epochSeconds(task.pullStartedAt),
  pullStoppedAt: epochSeconds(task.pullStoppedAt),
  startedAt: epochSeconds(task.startedAt),
  startedBy: task.startedBy ?? undefined,
  stopCode: task.stopCode ?? undefined,
  stoppedAt: epochSeconds(task.stoppedAt),
  stoppedReason: task.stoppedReason ?? undefined,
  stoppingAt: epochSeconds(task.stoppingAt),
  tags: include.includes('TAGS') ? task.tags : [],
  taskArn: task.arn,
  taskDefinitionArn: task.definition.arn,
  version: task.version,
});

/** A stopped task in the answer to a repeated clientToken. */
export const minimalView = ({ arn, lastStatus, desiredStatus }: Task): Members => ({
  taskArn: arn,
  lastStatus,
  desiredStatus,
});

function architecture({ definition }: Task): string {
  const platform = definition.otherMembers.runtimePlatform as
    | { cpuArchitecture?: string }
    | undefined;
  return platform?.cpuArchitecture === 'ARM64' ? 'arm64' : 'x86_64';
}

const storageGib = ({ definition }: Task): number =>
  (definition.otherMembers.ephemeralStorage as { sizeInGiB?: number } | undefined)?.sizeInGiB ?? 20;

function attachment({ eni, subnet }: Task): Members {
  const attached = [
    { name: 'networkInterfaceId', value: eni.interfaceId },
    { name: 'macAddress', value: eni.mac },
    { name: 'privateDnsName', value: `ip-${eni.ip.replaceAll('.', '-')}.ec2.internal` },
    // AWS spells this name differently from privateIpv4Address of networkInterfaces.
    { name: 'privateIPv4Address', value: eni.ip },
  ];
  return {
    id: eni.attachmentId,
    type: 'ElasticNetworkInterface',
    status: eni.status,
    details: [
      { name: 'subnetId', value: subnet },
      ...(eni.status === 'PRECREATED' ? [] : attached),
    ],
  };
}

function containerView(task: Task, container: TaskContainer): Members {
  const started = task.startedAt !== null;
  return {
    containerArn: container.arn,
    taskArn: task.arn,
    name: container.definition.name,
    image: container.definition.image,
    imageDigest: started ? `sha256:${'0'.repeat(64)}` : undefined,
    runtimeId: started ? container.runtimeId : undefined,
    lastStatus: container.lastStatus,
    exitCode: container.exitCode ?? undefined,
    reason: container.reason ?? undefined,
    networkInterfaces:
      task.connectivityAt === null
        ? []
        : [{ attachmentId: task.eni.attachmentId, privateIpv4Address: task.eni.ip }],
    healthStatus: started ? 'UNKNOWN' : undefined,
    cpu: String(container.definition.cpu ?? 0),
  };
}
