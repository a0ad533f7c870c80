import type { UsedPlaces } from '../../machines/recovery/journalFacts.ts';
import type {
  DescribedTasks,
  LaunchAnswer,
  LaunchOrder,
  TaskObservation,
} from '../../machines/shared/domain.ts';
import { accountOf } from '../../machines/shared/taskPlace.ts';
import { createCaller } from '../aws/caller.ts';
import { chainCredentials, fixedCredentials } from '../aws/credentials.ts';
import { bootstrap } from '../aws/ensure/bootstrap.ts';
import { createIamClient } from '../aws/iamClient.ts';
import type { TaskTemplate } from '../aws/launch/launchTemplate.ts';
import { createLimiter } from '../aws/limiter.ts';
import { createPauses } from '../aws/pauses.ts';
import { createRegionalEcs } from '../aws/regionalEcs.ts';
import { systemClock } from '../aws/systemClock.ts';
import { describeTasks } from '../aws/tasks/describeTasks.ts';
import { type FoundTasks, listTasks } from '../aws/tasks/listTasks.ts';
import { runTask } from '../aws/tasks/runTask.ts';
import { stopTask } from '../aws/tasks/stopTask.ts';
import { createTurns } from '../aws/turns.ts';
import type { Config } from '../config/config.ts';
import { now } from '../shared/clock.ts';
import type { Log } from '../telemetry/log.ts';
import { answerByOurClock, byOurClock } from './ledgerEffects.ts';
import { bootstrapSettings, callRates } from './managerSettings.ts';

export interface AwsParts {
  cluster: string;
  startedBy: string;
  /** Where launches of earlier runs may have started tasks, too. */
  elsewhere: () => UsedPlaces;
  request: TaskTemplate['request'];
  /** A group of ours owns this task, and looks at it. */
  isOwned: (taskArn: string) => boolean;
}

/** All that speaks to AWS. Its libraries are a good part of a start: load it when heartbeats run. */
export const connectAws = (
  config: Config,
  { cluster, startedBy, elsewhere, request, isOwned }: AwsParts,
  log: Log,
) => {
  const tools = { clock: systemClock, log };
  const credentials = config.aws.credentials
    ? fixedCredentials(config.aws.credentials, tools)
    : chainCredentials(tools);
  const { aws, callQuota } = config;
  const connections = { ...aws.connections, sockets: callQuota.connections };
  const settings = { region: aws.region, credentials: credentials.provider, connections };
  const { ecs, home, destroy } = createRegionalEcs(settings);
  const iam = createIamClient(settings);
  const limiter = createLimiter(systemClock, callRates(config));
  const turns = createTurns(limiter, systemClock, log, callQuota.connections);
  const pauses = createPauses(systemClock);
  const call = createCaller({ credentials, limiter, turns, pauses, clock: systemClock, log });
  /** Known once the task definition is prepared. */
  let account: string | null = null;
  const ownAccount = () => account;
  const list = listTasks(
    ecs,
    call,
    cluster,
    systemClock,
    log,
    { places: elsewhere, ownAccount },
    isOwned,
  );
  const run = runTask(ecs, call, { request: (order: LaunchOrder) => request(order) });
  const stop = stopTask(ecs, call, cluster, {
    ownAccount,
    onClusterMissing: (task, missing) =>
      log.report('stopTask.clusterMissing', { task, cluster: missing }),
  });
  const describe = describeTasks(ecs, call, cluster, ownAccount);
  /** The SDK compares AWS's clock with the system's at every answer; ours is the system's as it was at start. */
  const aheadMs = () => home.config.systemClockOffset + Date.now() - now();
  return {
    takeTurn: turns.reserve,
    async runTask(order: LaunchOrder, signal: AbortSignal): Promise<LaunchAnswer> {
      turns.use(order.label, signal);
      const answer = await run(order, signal);
      return answerByOurClock(aheadMs(), answer);
    },
    async stopTask(
      taskArn: string,
      reason: string,
      signal: AbortSignal,
    ): Promise<TaskObservation | null> {
      turns.use(taskArn, signal);
      const observation = await stop(taskArn, reason, signal);
      return observation && byOurClock(aheadMs(), observation);
    },
    async describeTasks(taskArns: readonly string[], signal: AbortSignal): Promise<DescribedTasks> {
      const { observations, failures } = await describe(taskArns, signal);
      return {
        // Before our account is known, a cluster that is out of sight may be there.
        failures: failures.map((failure) =>
          failure.kind === 'unprepared' && account === null
            ? { ...failure, kind: 'refused' }
            : failure,
        ),
        observations: observations.map((one) => byOurClock(aheadMs(), one)),
      };
    },
    async list(signal: AbortSignal): Promise<FoundTasks & { startedAt: number }> {
      const startedAt = now();
      const { tasks, unlisted } = await list(startedBy, signal);
      return { startedAt, unlisted, tasks: tasks.map((task) => byOurClock(aheadMs(), task)) };
    },
    async prepare(signal: AbortSignal): Promise<{ revision: string }> {
      const settings = bootstrapSettings(config);
      const tools = { ecs: home, iam, call, clock: systemClock, log };
      const prepared = await bootstrap(settings, tools, signal);
      account = accountOf(prepared.revision) ?? null;
      return prepared;
    },
    limits: limiter.limits,
    /** Ordered by an operator: what waits after a failure goes on at once. */
    retryNow() {
      credentials.retryNow();
      pauses.endAll();
    },
    close() {
      destroy();
      iam.destroy();
    },
  };
};
