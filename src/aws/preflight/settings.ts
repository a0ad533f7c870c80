import type { Address } from '../../shared/address.ts';
import type { BootstrapSettings } from '../ensure/bootstrap.ts';

/** The settings that the checks of the AWS account compare with what there is. */
export interface PreflightSettings extends BootstrapSettings {
  region: string;
  /** AWS_REGION or AWS_DEFAULT_REGION, where it differs from `region`; this program does not read it. */
  otherRegion: string | null;
  /** Whether ECS is an emulator on this machine, whose tasks run on this machine, too. */
  endpointIsLoopback: boolean;
  workerSchedulerAddress: Address;
  /** Null: the workers ask the scheduler. */
  objectStorageAddress: Address | null;
  subnets: readonly string[];
  /** Empty: the default security group of the VPC. */
  securityGroups: readonly string[];
  assignPublicIp: 'ENABLED' | 'DISABLED';
  /** Null: no limit. */
  maxTasks: number | null;
  /** Tasks get tags, of the settings or of their definition. */
  tagsTasks: boolean;
  /** ECS Exec. */
  exec: boolean;
  /** The fleet's ownership tag. */
  startedBy: string;
}

/** The name of the cluster, which the settings may give as an ARN. */
export function clusterName({ cluster }: Pick<PreflightSettings, 'cluster'>): string {
  return cluster.slice(cluster.lastIndexOf('/') + 1);
}

/** AWS's partition: China and GovCloud have ARNs of their own. */
export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}
