import { diffCluster } from '../ensure/cluster.ts';
import { type AwsFacts, reasonOf } from './awsFacts.ts';
import { error, type Finding, listed, ok, unchecked } from './finding.ts';
import type { PreflightSettings } from './settings.ts';

/** The cluster: whether it exists and is active, or will be created. Pure. */
export function checkCluster(
  settings: PreflightSettings,
  { cluster: read }: Pick<AwsFacts, 'cluster'>,
): Finding[] {
  const { cluster: name, region } = settings;
  const arnRegion = /^arn:[\w-]+:ecs:([\w-]+):/.exec(name)?.[1];
  if (arnRegion !== undefined && arnRegion !== region)
    return [
      error(
        'cluster.otherRegion',
        `the cluster ${name} is in ${arnRegion}, the settings in ${region}`,
        'every call goes to one region, where this cluster does not exist',
        `set --aws-region ${arnRegion}, or --ecs-cluster to a name`,
      ),
    ];
  if (!read.ok)
    return [
      unchecked(
        'cluster.unchecked',
        `the cluster ${name} was not looked at: ${reasonOf(read)}`,
        'the first run creates it if it is missing',
        'allow ecs:DescribeClusters; see scaler-ecs policy',
      ),
    ];
  const existing = read.value;
  const status = existing?.status;
  if (status !== 'ACTIVE' && arnRegion !== undefined)
    return [
      error(
        'cluster.arnMissing',
        `there is no active cluster ${name}`,
        'a cluster can be created by its name only, not by an ARN',
        'set --ecs-cluster to the name of the cluster',
      ),
    ];
  if (status === 'FAILED' || status === 'DEPROVISIONING')
    return [
      error(
        'cluster.status',
        `the cluster ${name} is ${status}`,
        'no Fargate task can be launched in it',
        `delete it with aws ecs delete-cluster --cluster ${name}, or set another --ecs-cluster`,
      ),
    ];
  const change = diffCluster(settings, existing);
  switch (change.action) {
    case 'none':
      return [ok('cluster.active', `the cluster ${name} is ACTIVE`)];
    case 'wait':
      return [ok('cluster.provisioning', `the cluster ${name} is being created`)];
    case 'create':
      return [ok('cluster.willBeCreated', `the cluster ${name} will be created by run`)];
    case 'associateProviders':
      return [
        ok(
          'cluster.providersWillBeAdded',
          `run will add the capacity providers ${listed(change.input.capacityProviders ?? [])} to the cluster ${name}`,
        ),
      ];
  }
}
