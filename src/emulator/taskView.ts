import type { Members } from './members.ts';
import type { Task, TaskContainer } from './model.ts';

/** Epoch seconds with milliseconds: an ISO string would be refused by the JavaScript SDK. */
const seconds = (at: number | null): number | undefined =>
  at === null ? undefined : Math.round(at) / 1000;

/** A task as DescribeTasks shows it. Members that are undefined do not travel. */
export const taskView = (task: Task, include: string[] = []): Members => ({
  attachments: [attachment(task)],
  attributes: [{ name: 'ecs.cpu-architecture', value: architecture(task) }],
  availabilityZone: `${task.region.name}${'abc'[task.subnet.length % 3]}`,
  ...(task.capacityProvider === null ? {} : { capacityProviderName: task.capacityProvider }),
  clusterArn: task.cluster.arn,
  connectivity: task.connectivityAt === null ? undefined : 'CONNECTED',
  connectivityAt: seconds(task.connectivityAt),
  containers: task.containers.map((container) => containerView(task, container)),
  cpu: task.cpu,
  createdAt: seconds(task.createdAt),
  desiredStatus: task.desiredStatus,
  enableExecuteCommand: false,
  ephemeralStorage: { sizeInGiB: storage(task) },
  executionStoppedAt: seconds(task.executionStoppedAt),
  fargateEphemeralStorage: task.startedAt === null ? undefined : { sizeInGiB: storage(task) },
  group: task.group,
  healthStatus: task.startedAt === null ? undefined : 'UNKNOWN',
  lastStatus: task.lastStatus,
  launchType: 'FARGATE',
  memory: task.memory,
  overrides: task.overrides,
  platformFamily: 'Linux',
  platformVersion: '1.4.0',
  pullStartedAt: seconds(task.pullStartedAt),
  pullStoppedAt: seconds(task.pullStoppedAt),
  startedAt: seconds(task.startedAt),
  startedBy: task.startedBy ?? undefined,
  stopCode: task.stopCode ?? undefined,
  stoppedAt: seconds(task.stoppedAt),
  stoppedReason: task.stoppedReason ?? undefined,
  stoppingAt: seconds(task.stoppingAt),
  tags: include.includes('TAGS') ? task.tags : [],
  taskArn: task.arn,
  taskDefinitionArn: task.definition.arn,
  version: task.version,
});

/** What the replay of a clientToken shows of a task that has stopped. */
export const bareView = ({ arn, lastStatus, desiredStatus }: Task): Members => ({
  taskArn: arn,
  lastStatus,
  desiredStatus,
});

function architecture({ definition }: Task): string {
  const platform = definition.shape.runtimePlatform as { cpuArchitecture?: string } | undefined;
  return platform?.cpuArchitecture === 'ARM64' ? 'arm64' : 'x86_64';
}

const storage = ({ definition }: Task): number =>
  (definition.shape.ephemeralStorage as { sizeInGiB?: number } | undefined)?.sizeInGiB ?? 20;

function attachment({ eni, subnet }: Task): Members {
  const attached = [
    { name: 'networkInterfaceId', value: eni.interfaceId },
    { name: 'macAddress', value: eni.mac },
    { name: 'privateDnsName', value: `ip-${eni.ip.replaceAll('.', '-')}.ec2.internal` },
    // Spelt otherwise than privateIpv4Address below, as AWS does.
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
