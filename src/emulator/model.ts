import type { Container, ContainerRuntime } from './containerRuntime.ts';
import type { Members } from './members.ts';
import { defaultNetwork, type Network } from './network.ts';
import type { EmulatorOptions } from './options.ts';
import { Quotas } from './quotas.ts';
import type { TimerQueue } from './timerQueue.ts';

/** The state of the emulated account, as plain data. Times are milliseconds since the epoch. */

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
  /** Tasks whose desiredStatus is STOPPED and that DescribeTasks still shows. */
  desiredStopped: Set<Task>;
  launchesByToken: Map<string, Launch>;
}

/** The stored result of a RunTask call with a clientToken. */
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
  /** The members that DescribeTaskDefinition shows beside those above. */
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
  /** The running process; null before it starts, after it ends, and always in a hollow task. */
  process: Container | null;
}

export interface Eni {
  attachmentId: string;
  status: 'PRECREATED' | 'ATTACHED' | 'DELETED';
  interfaceId: string;
  mac: string;
  ip: string;
}

/** Deviations from the normal lifecycle of this task; set by fault rules. */
export interface TaskPlan {
  missingMs: number;
  startDelayMs: number;
  stopDelayMs: number;
  /** The task stays in this status until StopTask. */
  stuckIn: 'PROVISIONING' | 'PENDING' | null;
  /** stoppedReason of a task that fails instead of reaching RUNNING. */
  startFailure: string | null;
  /** The containers have no process. */
  hollow: boolean;
  /** Called when the task reaches RUNNING. */
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
  platformVersion: string;
  exec: boolean;
  tags: Tag[];
  startedBy: string | null;
  clientToken: string | null;
  /** SCALER_ECS_LAUNCH of the environment overrides; for the ledger. */
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
  /** Incremented when the task starts to stop; lifecycle steps scheduled for an earlier epoch do nothing. */
  epoch: number;
  /** Number of StopTask calls for the task. */
  stopCalls: number;
  /** The retention time is over: only the ledger still shows the task. */
  forgotten: boolean;
}

/** One Region of the account. Regions share only IAM. */
export interface Region {
  name: string;
  clusters: Map<string, Cluster>;
  families: Map<string, TaskDefinition[]>;
  tasks: Map<string, Task>;
  quotas: Quotas;
  network: Network;
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

/** What the admin API may set about the account. */
export interface AccountSetup {
  /** ARN of the principal that every request is attributed to. */
  callerArn: string;
  /** The caller's identity-based policies; null allows everything. */
  policies: Members[] | null;
  /** vCPU quotas of Fargate, by quota code. */
  quotas: Record<string, number>;
}

/** The account, its timers and the runtime of its containers. */
export interface Account {
  options: EmulatorOptions;
  /** The access key id that every call needs. */
  accessKey: string;
  /** Explained once what exit code 127 means. */
  missingProgramExplained: boolean;
  setup: AccountSetup;
  /** Base URL of the task metadata endpoint. */
  url: string;
  timers: TimerQueue;
  runtime: ContainerRuntime;
  regions: Map<string, Region>;
  roles: Map<string, Role>;
  /** Every task ever launched, in the order of launch. */
  allTasks: Task[];
  /** Tasks by the runtime id of their containers, for the metadata endpoint. */
  byRuntimeId: Map<string, { task: Task; container: TaskContainer }>;
}

export const accountId = '123456789012';

/** The Region of this name; created on first use. */
export function regionOf(account: Account, name: string): Region {
  let region = account.regions.get(name);
  if (!region) {
    region = {
      name,
      clusters: new Map(),
      families: new Map(),
      tasks: new Map(),
      quotas: new Quotas(),
      network: defaultNetwork(name),
    };
    account.regions.set(name, region);
  }
  return region;
}

const partition = (region: string): string =>
  region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';

/** ARN of an ECS resource; `rest` is its part after the account id. */
export const ecsArn = (region: string, rest: string): string =>
  `arn:${partition(region)}:ecs:${region}:${accountId}:${rest}`;
