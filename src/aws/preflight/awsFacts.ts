import type { RouteTable, SecurityGroup, Subnet, Vpc } from '@aws-sdk/client-ec2';
import type { Cluster } from '@aws-sdk/client-ecs';
import type { FailureKind } from '../../../machines/shared/domain.ts';
import type { ExistingTaskDefinition } from '../ensure/taskDefinitionDiff.ts';

/** What a look at AWS gave: the value, or why there is none. */
export type Read<Value> =
  | { ok: true; value: Value }
  | {
      ok: false;
      kind: FailureKind | 'timeout';
      /** The row of the error table; `timeout` if the time was over. */
      code: string;
      message: string;
    };

export interface Credentials {
  /** Where the SDK found them, in words. */
  source: string;
  temporary: boolean;
  /** Whether the SDK fetches new ones before these expire. */
  renewed: boolean;
}

export interface Identity {
  account: string;
  arn: string;
}

export interface Role {
  arn: string;
  /** The trust policy as JSON. */
  trust: string;
  /** ARNs of the attached policies. */
  policies: Read<string[]>;
}

export interface Network {
  /** Those of the settings that exist. */
  subnets: Read<Subnet[]>;
  /** The settings' subnets that exist in the region of the environment; empty if that was not looked at. */
  subnetsElsewhere: string[];
  vpcs: Read<Vpc[]>;
  routeTables: Read<RouteTable[]>;
  /** Those of the settings that exist, or the default groups of the VPCs. */
  securityGroups: Read<SecurityGroup[]>;
}

/** What the policy simulator decides on one action. */
export interface SimulatedAction {
  action: string;
  allowed: boolean;
}

/** Everything that the checks read from AWS. Nothing of it was changed by reading. */
export interface AwsFacts {
  credentials: Read<Credentials>;
  identity: Read<Identity>;
  cluster: Read<Cluster | undefined>;
  definition: Read<ExistingTaskDefinition | null>;
  /** Null: there is no such role. */
  executionRole: Read<Role | null>;
  serviceLinkedRole: Read<boolean>;
  network: Network;
  /** The account's vCPU quota of the market that the settings use. */
  vcpuQuota: Read<number>;
  simulation: Read<SimulatedAction[]>;
  listTasks: Read<unknown>;
  describeTasks: Read<unknown>;
}

/** What a read found; undefined if it failed. */
export function found<Value>(read: Read<Value>): Value | undefined {
  return read.ok ? read.value : undefined;
}

/** Why a read gave nothing, for a sentence: `the permission is missing`. */
export function reasonOf(read: Read<unknown>): string {
  if (read.ok) return '';
  if (read.code === 'denied') return 'the permission to look is missing';
  if (read.kind === 'credentials') return 'there are no valid credentials';
  if (read.kind === 'timeout') return 'AWS did not answer in time';
  return read.message;
}
