import type { LaunchOrder, Survey } from '../../machines/shared/domain.ts';
import { bootstrap } from '../bootstrap/bootstrap.ts';
import { createIamClient } from '../bootstrap/iamClient.ts';
import type { Config } from '../config/config.ts';
import { createCaller } from '../ecs/caller.ts';
import { clientOptions, createEcsClient } from '../ecs/client.ts';
import { describeTasks } from '../ecs/describeTasks.ts';
import { createLimiter } from '../ecs/limiter.ts';
import { listOurs, type SurveyedTask } from '../ecs/listTasks.ts';
import { runTask } from '../ecs/runTask.ts';
import { stopTask } from '../ecs/stopTask.ts';
import { systemClock } from '../ecs/systemClock.ts';
import type { TaskTemplate } from '../ecs/template.ts';
import type { Log } from '../observe/log.ts';
import { now } from '../shared/clock.ts';
import { byOurClock } from './ownership.ts';
import { bootstrapSettings, callRates } from './settings.ts';

export interface AwsParts {
  cluster: string;
  startedBy: string;
  request: TaskTemplate['request'];
  adopt(startedAt: number, tasks: SurveyedTask[]): Survey;
}

/** All that speaks to AWS. Its libraries are a good part of a start: load it when heartbeats run. */
export const connectAws = (
  config: Config,
  { cluster, startedBy, request, adopt }: AwsParts,
  log: Log,
) => {
  const settings = { region: config.aws.region, credentials: config.aws.credentials ?? undefined };
  const ecs = createEcsClient(settings);
  const iam = createIamClient(clientOptions(settings));
  const limiter = createLimiter(systemClock, callRates(config));
  const call = createCaller({ limiter, clock: systemClock, log });
  const list = listOurs(ecs, call, cluster, systemClock, log);
  return {
    runTask: runTask(ecs, call, { request: (order: LaunchOrder) => request(order) }),
    stopTask: stopTask(ecs, call, cluster),
    describeTasks: describeTasks(ecs, call, cluster, log),
    async survey(signal: AbortSignal): Promise<Survey> {
      const from = now();
      const tasks = await list(startedBy, signal);
      // The SDK compares AWS's clock with the system's at every answer; ours is the system's as it was at start.
      const aheadMs = ecs.config.systemClockOffset + Date.now() - now();
      return adopt(from, tasks.map(byOurClock(aheadMs)));
    },
    prepare: (signal: AbortSignal) =>
      bootstrap(bootstrapSettings(config), { ecs, iam, call, clock: systemClock, log }, signal),
    close() {
      ecs.destroy();
      iam.destroy();
    },
  };
};
