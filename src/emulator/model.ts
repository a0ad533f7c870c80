import type { Container, ContainerRuntime } from './containerRuntime.ts';
import type { Members } from './members.ts';
import type { EmulatorOptions } from './options.ts';
import { Quotas } from './quotas.ts';
import type { TimerQueue } from './timerQueue.ts';

/** What the emulated account holds, as plain data. Times are milliseconds since the epoch. */

export interface Tag {
  key: string;
  value: string;
}

export interface StrategyItem {
  capacityProvider: string;
  weight: number;
  base: number;
}

export interface Cluster {
  arn: string;
  name: string;
  status: 'ACTIVE' | 'INACTIVE';
  settings: Members[];
  configuration: Members | null;
  capacityProviders: string[];
  strategy: StrategyItem[];
  tags: Tag[];
  /** Tasks whose desiredStatus is RUNNING, oldest first. */
  desiredRunning: Set<Task>;
  /** Tasks whose desiredStatus is STOPPED and which can still be described. */
  desiredStopped: Set<Task>;
  launchesByToken: Map<string, Launch>;
}

/** One RunTask that carried a clientToken. */
export interface Launch {
  fingerprint: string;
  at: number;
  tasks: Task[];
  failures: Members[];
}

export interface TaskDefinition {
  arn: string;
  family: string;
  revision: number;
  status: 'ACTIVE' | 'INACTIVE';
  cpu: string | null;
  memory: string | null;
  /** As DescribeTaskDefinition shows it, without the members above. */
  otherMembers: Members;
  containers: Members[];
  tags: Tag[];
  registeredAt: number;
  deregisteredAt: number | null;
}

export type TaskStatus =
  | 'PROVISIONING'
  | 'PENDING'
  | 'ACTIVATING'
  | 'RUNNING'
  | 'DEACTIVATING'
  | 'STOPPING'
  | 'DEPROVISIONING'
  | 'STOPPED';

export interface TaskContainer {
  arn: string;
  definition: Members;
  override: Members;
  lastStatus: 'PENDING' | 'RUNNING' | 'STOPPED';
  runtimeId: string;
  exitCode: number | null;
  reason: string | null;
  /** Its process; null before, after, and for ever in a hollow task. */
  process: Container | null;
}

export interface Eni {
  attachmentId: string;
  status: 'PRECREATED' | 'ATTACHED' | 'DELETED';
  interfaceId: string;
  mac: string;
  ip: string;
}

/** How this task's life departs from the usual one; set by fault rules. */
export interface TaskPlan {
  missingMs: number;
  startDelayMs: number;
  stopDelayMs: number;
  /** The state it never leaves by itself. */
  stuckIn: 'PROVISIONING' | 'PENDING' | null;
  /** The stoppedReason with which it fails instead of reaching RUNNING. */
  startFailure: string | null;
  /** Its containers have no process. */
  hollow: boolean;
  /** What will strike once it runs. */
  onRunning: ((task: Task) => void)[];
}

export interface Task {
  seq: number;
  id: string;
  arn: string;
  cluster: Cluster;
  region: Region;
  definition: TaskDefinition;
  group: string;
  launchType: string | null;
  capacityProvider: string | null;
  cpu: string;
  memory: string;
  overrides: Members;
  tags: Tag[];
  startedBy: string | null;
  clientToken: string | null;
  /** SCALER_ECS_LAUNCH of the override environment: for the ledger. */
  label: string | null;
  subnet: string;
  eni: Eni;
  lastStatus: TaskStatus;
  desiredStatus: 'RUNNING' | 'STOPPED';
  version: number;
  createdAt: number;
  connectivityAt: number | null;
  pullStartedAt: number | null;
  pullStoppedAt: number | null;
  startedAt: number | null;
  stoppingAt: number | null;
  executionStoppedAt: number | null;
  stoppedAt: number | null;
  stopCode: string | null;
  stoppedReason: string | null;
  containers: TaskContainer[];
  plan: TaskPlan;
  /** Rises when the course changes: steps planned for an earlier course do nothing. */
  epoch: number;
  /** How often StopTask named it. */
  stopCalls: number;
  /** After the retention time nobody but the ledger knows it. */
  forgotten: boolean;
}

/** One Region of the account: they share nothing but IAM. */
export interface Region {
  name: string;
  clusters: Map<string, Cluster>;
  families: Map<string, TaskDefinition[]>;
  tasks: Map<string, Task>;
  quotas: Quotas;
}

export interface Role {
  name: string;
  path: string;
  id: string;
  arn: string;
  createdAt: number;
  trust: string;
  description: string | null;
  maxSessionS: number;
  policies: Map<string, string>;
  tags: Tag[];
}

/** The account and the means to make time pass in it. */
export interface Account {
  options: EmulatorOptions;
  /** Where tasks reach the metadata endpoint. */
  url: string;
  timers: TimerQueue;
  runtime: ContainerRuntime;
  regions: Map<string, Region>;
  roles: Map<string, Role>;
  /** Every task ever launched, in order. */
  allTasks: Task[];
  /** Tasks by the runtime id of their containers, for the metadata endpoint. */
  byRuntimeId: Map<string, { task: Task; container: TaskContainer }>;
}

export const accountId = '123456789012';

export function regionOf(account: Account, name: string): Region {
  let region = account.regions.get(name);
  if (!region) {
    region = {
      name,
      clusters: new Map(),
      families: new Map(),
      tasks: new Map(),
      quotas: new Quotas(),
    };
    account.regions.set(name, region);
  }
  return region;
}

const partition = (region: string): string =>
  region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';

export const ecsArn = (region: string, rest: string): string =>
  `arn:${partition(region)}:ecs:${region}:${accountId}:${rest}`;
