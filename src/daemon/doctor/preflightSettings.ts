import { type PreflightAws, preflightAws } from '../../aws/preflight/preflightAws.ts';
import type { PreflightSettings } from '../../aws/preflight/settings.ts';
import type { Config } from '../../config/config.ts';
import { awsIsOnThisHost } from '../../config/reach.ts';
import { bootstrapSettings, ownershipTagOf } from '../managerSettings.ts';

type Environment = Record<string, string | undefined>;

/** What the checks of the AWS account need of the configuration. */
export function preflightSettings(config: Config, env: Environment): PreflightSettings {
  const { aws, ecs, capacity } = config;
  const otherRegion = env.AWS_REGION || env.AWS_DEFAULT_REGION || null;
  return {
    ...bootstrapSettings(config),
    region: aws.region,
    otherRegion: otherRegion === aws.region ? null : otherRegion,
    endpointIsLoopback: awsIsOnThisHost(aws.endpoints),
    workerSchedulerAddress: config.workerSchedulerAddress,
    objectStorageAddress: config.objectStorageAddress,
    subnets: ecs.subnets,
    securityGroups: ecs.securityGroups,
    assignPublicIp: ecs.assignPublicIp,
    maxTasks: capacity.maxTasks,
    tagsTasks: ecs.tags.length > 0 || ecs.propagateTags,
    exec: ecs.exec,
    startedBy: ownershipTagOf(config),
  };
}

/** How the manager reaches AWS. */
export function awsOf({ aws }: Config): PreflightAws {
  return preflightAws(aws);
}
