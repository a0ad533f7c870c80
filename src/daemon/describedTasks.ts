import type {
  DescribedTasks,
  DescribeFailure,
  TaskObservation,
} from '../../machines/shared/domain.ts';
import { placeOf } from '../../machines/shared/taskPlace.ts';
import { Failure } from '../shared/failure.ts';

/** None of the tasks that were asked for could be described. */
export class NothingDescribed extends Failure {
  override readonly kind: DescribeFailure['kind'];

  constructor({ kind, reason }: DescribeFailure) {
    super(reason);
    this.kind = kind;
  }
}

/** ECS deletes no cluster in which tasks run: it knows none of these. Whether they are gone is for the cohort to say. */
function missingIn({ taskArns }: DescribeFailure): TaskObservation[] {
  const unknown = { phase: 'missing', cause: null, detail: null, createdAt: null } as const;
  const clusterGone = true;
  return taskArns.map((taskArn) => ({ taskArn, ...unknown, clusterGone }));
}

/**
 * What was observed, for a cohort, which knows no failures beside observations: those go to `onFailure`. Tasks of a
 * cluster that does not exist count as observed to be missing. Throws the first failure if nothing was observed.
 */
export function observedTasks(
  { observations, failures }: DescribedTasks,
  onFailure: (failure: DescribeFailure) => void,
): TaskObservation[] {
  const gone = failures.filter(({ kind }) => kind === 'unprepared').flatMap(missingIn);
  const observed = [...observations, ...gone];
  const [first] = failures;
  if (first && observed.length === 0) throw new NothingDescribed(first);
  for (const failure of failures) onFailure(failure);
  return observed;
}

/** Clusters in which all tasks that were asked for were described, by name, and how many: the trouble with these is over. */
export function answeredClusters({
  observations,
  failures,
}: DescribedTasks): { cluster: string; tasks: number }[] {
  const tasks = new Map<string, number>();
  for (const { taskArn } of observations) {
    const cluster = placeOf(taskArn)?.cluster ?? '';
    tasks.set(cluster, (tasks.get(cluster) ?? 0) + 1);
  }
  for (const { cluster } of failures) tasks.delete(cluster);
  return [...tasks].map(([cluster, count]) => ({ cluster, tasks: count }));
}
