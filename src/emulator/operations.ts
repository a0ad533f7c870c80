import {
  createCluster,
  deleteCluster,
  describeClusters,
  listClusters,
  putClusterCapacityProviders,
} from './clusters.ts';
import type { CallFaults } from './faults.ts';
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
  run: (account: Account, region: Region, body: Members, faults: CallFaults) => Members;
}

const withRegion =
  (run: (region: Region, body: Members) => Members): Operation['run'] =>
  (_, region, body) =>
    run(region, body);

/** The emulated ECS operations, by name. */
export const operations: Record<string, Operation> = {
  CreateCluster: { bucket: 'clusterModify', run: withRegion(createCluster) },
  DeleteCluster: { bucket: 'clusterModify', run: withRegion(deleteCluster) },
  PutClusterCapacityProviders: {
    bucket: 'clusterModify',
    run: withRegion(putClusterCapacityProviders),
  },
  DescribeClusters: { bucket: 'clusterRead', run: withRegion(describeClusters) },
  ListClusters: { bucket: 'clusterRead', run: withRegion(listClusters) },
  RegisterTaskDefinition: { bucket: 'definitionModify', run: withRegion(registerTaskDefinition) },
  DeregisterTaskDefinition: {
    bucket: 'definitionModify',
    run: withRegion(deregisterTaskDefinition),
  },
  DescribeTaskDefinition: { bucket: 'definitionRead', run: withRegion(describeTaskDefinition) },
  ListTaskDefinitions: { bucket: 'definitionRead', run: withRegion(listTaskDefinitions) },
  ListTaskDefinitionFamilies: {
    bucket: 'definitionRead',
    run: withRegion(listTaskDefinitionFamilies),
  },
  RunTask: { bucket: 'resourceModify', run: runTask },
  StopTask: {
    bucket: 'resourceModify',
    run: (account, region, body) => stopTask(account, region, body),
  },
  DescribeTasks: { bucket: 'resourceRead', run: withRegion(describeTasks) },
  ListTasks: { bucket: 'resourceRead', run: withRegion(listTasks) },
  TagResource: { bucket: 'tagModify', run: withRegion(tagResource) },
  UntagResource: { bucket: 'tagModify', run: withRegion(untagResource) },
  ListTagsForResource: { bucket: 'tagRead', run: withRegion(listTagsForResource) },
};
