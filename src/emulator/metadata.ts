import type { Members } from './members.ts';
import type { Account, Task, TaskContainer } from './model.ts';
import { taskView } from './taskView.ts';

const iso = (at: number | null): string | undefined =>
  at === null ? undefined : new Date(at).toISOString();

const networkMetadata = ({ eni, subnet }: Task) => [
  {
    NetworkMode: 'awsvpc',
    IPv4Addresses: [eni.ip],
    AttachmentIndex: 0,
    MACAddress: eni.mac,
    PrivateDNSName: `ip-${eni.ip.replaceAll('.', '-')}.ec2.internal`,
    SubnetId: subnet,
  },
];

const containerMetadata = (task: Task, container: TaskContainer): Members => ({
  DockerId: container.runtimeId,
  Name: container.definition.name,
  DockerName: container.definition.name,
  Image: container.definition.image,
  Labels: {
    'com.amazonaws.ecs.cluster': task.cluster.arn,
    'com.amazonaws.ecs.container-name': container.definition.name,
    'com.amazonaws.ecs.task-arn': task.arn,
    'com.amazonaws.ecs.task-definition-family': task.definition.family,
    'com.amazonaws.ecs.task-definition-version': String(task.definition.revision),
  },
  DesiredStatus: task.desiredStatus,
  KnownStatus: container.lastStatus,
  Limits: { CPU: container.definition.cpu ?? 0 },
  CreatedAt: iso(task.createdAt),
  StartedAt: iso(task.startedAt),
  Type: 'NORMAL',
  ContainerARN: container.arn,
  Networks: networkMetadata(task),
});

const taskMetadata = (task: Task): Members => ({
  Cluster: task.cluster.arn,
  TaskARN: task.arn,
  Family: task.definition.family,
  Revision: String(task.definition.revision),
  DesiredStatus: task.desiredStatus,
  KnownStatus: task.lastStatus,
  Limits: { CPU: Number(task.cpu) / 1024, Memory: Number(task.memory) },
  PullStartedAt: iso(task.pullStartedAt),
  PullStoppedAt: iso(task.pullStoppedAt),
  AvailabilityZone: taskView(task).availabilityZone,
  LaunchType: 'FARGATE',
  Containers: task.containers.map((container) => containerMetadata(task, container)),
});

const containerStats = ({ runtimeId, definition }: TaskContainer): Members => ({
  read: new Date().toISOString(),
  name: definition.name,
  id: runtimeId,
  num_procs: 0,
  cpu_stats: { cpu_usage: { total_usage: 0 }, online_cpus: 1 },
  memory_stats: { usage: 0, limit: 0 },
});

/** The task metadata endpoint, version 4. Returns null for an unknown container or path. */
export function metadataAt(account: Account, path: string): Members | null {
  const [, runtimeId = '', rest = ''] = /^\/v4\/([^/]+)(?:\/(.*))?$/.exec(path) ?? [];
  const entry = account.byRuntimeId.get(runtimeId);
  if (!entry) return null;
  const { task, container } = entry;
  if (rest === '') return containerMetadata(task, container);
  if (rest === 'task') return taskMetadata(task);
  if (rest === 'stats') return containerStats(container);
  if (rest === 'task/stats')
    return Object.fromEntries(task.containers.map((one) => [one.runtimeId, containerStats(one)]));
  return null;
}
