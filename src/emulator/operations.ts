import {
  createCluster,
  deleteCluster,
  describeClusters,
  listClusters,
  putClusterCapacityProviders,
} from './clusters.ts';
import type { Struck } from './faults.ts';
import type { Members } from './members.ts';
import type { Account, Region } from './model.ts';
import type { Bucket } from './quotas.ts';
import { runTask } from './runTask.ts';
import { listTagsForResource, tagResource, untagResource } from './tags.ts';
import {
  deregisterTaskDefinition,
  describeTaskDefinition,
  listTaskDefinitionFamilies,
  listTaskDefinitions,
  registerTaskDefinition,
} from './taskDefinitions.ts';
import { describeTasks, listTasks, stopTask } from './tasks.ts';

interface Operation {
  bucket: Bucket;
  run: (account: Account, region: Region, body: Members, struck: Struck) => Members;
}

const inRegion =
  (run: (region: Region, body: Members) => Members): Operation['run'] =>
  (_, region, body) =>
    run(region, body);

/** What ECS can be asked here. */
export const operations: Record<string, Operation> = {
  CreateCluster: { bucket: 'clusterModify', run: inRegion(createCluster) },
  DeleteCluster: { bucket: 'clusterModify', run: inRegion(deleteCluster) },
  PutClusterCapacityProviders: {
    bucket: 'clusterModify',
    run: inRegion(putClusterCapacityProviders),
  },
  DescribeClusters: { bucket: 'clusterRead', run: inRegion(describeClusters) },
  ListClusters: { bucket: 'clusterRead', run: inRegion(listClusters) },
  RegisterTaskDefinition: { bucket: 'definitionModify', run: inRegion(registerTaskDefinition) },
  DeregisterTaskDefinition: { bucket: 'definitionModify', run: inRegion(deregisterTaskDefinition) },
  DescribeTaskDefinition: { bucket: 'definitionRead', run: inRegion(describeTaskDefinition) },
  ListTaskDefinitions: { bucket: 'definitionRead', run: inRegion(listTaskDefinitions) },
  ListTaskDefinitionFamilies: {
    bucket: 'definitionRead',
    run: inRegion(listTaskDefinitionFamilies),
  },
  RunTask: { bucket: 'resourceModify', run: runTask },
  StopTask: {
    bucket: 'resourceModify',
    run: (account, region, body) => stopTask(account, region, body),
  },
  DescribeTasks: { bucket: 'resourceRead', run: inRegion(describeTasks) },
  ListTasks: { bucket: 'resourceRead', run: inRegion(listTasks) },
  TagResource: { bucket: 'tagModify', run: inRegion(tagResource) },
  UntagResource: { bucket: 'tagModify', run: inRegion(untagResource) },
  ListTagsForResource: { bucket: 'tagRead', run: inRegion(listTagsForResource) },
};
