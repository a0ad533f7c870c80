import { createCaller } from '../../aws/caller.ts';
import { createEcsClient } from '../../aws/client.ts';
import { chainCredentials, fixedCredentials } from '../../aws/credentials.ts';
import { EcsFailure } from '../../aws/errors.ts';
import { createLimiter } from '../../aws/limiter.ts';
import { systemClock } from '../../aws/systemClock.ts';
import { listTasks } from '../../aws/tasks/listTasks.ts';
import { stopTask } from '../../aws/tasks/stopTask.ts';
import type { TaggedTask } from '../../aws/tasks/taggedTask.ts';
import { openStateDir } from '../../store/stateDir.ts';
import { StoreFailure } from '../../store/storeFailure.ts';
import { silentLog } from '../../telemetry/log.ts';
import type { GcPlace, GcPlan } from './gcPlan.ts';

/** A Fargate task that carries the ownership tag, or a former one. */
export interface LeftTask extends TaggedTask, GcPlace {}

export interface StopOutcome {
  taskArn: string;
  /** Null: ECS has taken StopTask, or does not know the task any more. */
  failure: string | null;
}

/** How long all calls together may take, ms. */
const limitMs = 300_000;

/** What speaks to ECS in one region. */
function connect(
  { credentials: keys, connections, formerTags }: GcPlan,
  { region, cluster }: GcPlace,
) {
  const tools = { clock: systemClock, log: silentLog };
  const credentials = keys ? fixedCredentials(keys, tools) : chainCredentials(tools);
  const ecs = createEcsClient({ region, credentials: credentials.provider, connections });
  const limiter = createLimiter(systemClock);
  const call = createCaller({ credentials, limiter, ...tools });
  const places = () => ({ clusters: [], tags: formerTags });
  const former = { places, ownAccount: () => null };
  return {
    list: listTasks(ecs, call, cluster, systemClock, silentLog, former),
    stop: stopTask(ecs, call, cluster),
    close: () => ecs.destroy(),
  };
}

/** All tasks with an ownership tag of the plan that are not stopped. Rejects with an EcsFailure. */
export async function listLeft(plan: GcPlan): Promise<LeftTask[]> {
  const signal = AbortSignal.timeout(limitMs);
  const left: LeftTask[] = [];
  for (const place of plan.places) {
    const aws = connect(plan, place);
    try {
      const { tasks } = await aws.list(plan.tag, signal);
      left.push(...tasks.map((task) => ({ ...task, ...place })));
    } catch (error) {
      // A cluster that is gone has no tasks.
      if (!(error instanceof EcsFailure) || error.code !== 'clusterMissing') throw error;
    } finally {
      aws.close();
    }
  }
  return left;
}

/** Stops these tasks. What cannot be stopped is in the outcome. */
export async function stopLeft(plan: GcPlan, tasks: readonly LeftTask[]): Promise<StopOutcome[]> {
  const signal = AbortSignal.timeout(limitMs);
  const outcomes: StopOutcome[] = [];
  for (const place of plan.places) {
    const aws = connect(plan, place);
    const here = tasks.filter(
      ({ region, cluster }) => region === place.region && cluster === place.cluster,
    );
    for (const { taskArn } of here)
      try {
        await aws.stop(taskArn, 'scaler-ecs gc', signal);
        outcomes.push({ taskArn, failure: null });
      } catch (error) {
        outcomes.push({ taskArn, failure: (error as Error).message });
      }
    aws.close();
  }
  return outcomes;
}

/** Keeps a daemon from starting meanwhile. `busy`: one runs already. Null: there is no state to lock. */
export async function lockOut(dir: string | null): Promise<{ release(): void } | 'busy' | null> {
  if (dir === null) return null;
  try {
    return await openStateDir(dir, silentLog);
  } catch (error) {
    if (error instanceof StoreFailure && error.kind === 'busy') return 'busy';
    throw error;
  }
}
