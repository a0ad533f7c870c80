import type { RunTaskCommandInput, Task } from '@aws-sdk/client-ecs';
import type { Market } from '../../machines/shared/domain.ts';
import { labelVariable } from '../../src/aws/launch/launchTemplate.ts';
import type { Agenda } from './agenda.ts';
import type { Random } from './random.ts';
import { type WorkerKind, workerKindOf } from './scheduler/releases.ts';

/** What one subnet may suffer from. */
export const subnetTroubles = ['noAddresses', 'noCapacityHere', 'noInterfaces'] as const;
export type SubnetTrouble = (typeof subnetTroubles)[number];

interface Stage {
  at: number;
  lastStatus: string;
  desiredStatus: 'RUNNING' | 'STOPPED';
}

export interface ModelTask {
  taskArn: string;
  cluster: string;
  startedBy: string;
  label: string | null;
  clientToken: string | null;
  environment: { name?: string | undefined; value?: string | undefined }[];
  /** Carries our tag, names our scheduler, and no other living manager has launched it. */
  ours: boolean;
  /** Another manager with our identity has launched it. */
  rival: boolean;
  /** What its workers are. */
  worker: WorkerKind;
  isRunning(): boolean;
  subnet: string;
  market: Market;
  createdAt: number;
  /** When the first request for it was sent by the daemon. */
  askedAt: number;
  describedFrom: number;
  /** DescribeTasks denies it until then, though it lives. */
  deniedUntil: number;
  listedFrom: number;
  goneFrom: number;
  stages: Stage[];
  /** How long it takes from StopTask to STOPPED, ms. */
  stopMs: number;
  stopCode: string | null;
  stoppedReason: string | null;
  exitCode: number | null;
  /** ECS's own doing: it came up although `failures` said that it would not. */
  ghost: boolean;
  /** It is stopped from outside the daemon, or it failed by itself. */
  doomed: boolean;
  runningAt: number | null;
  /** Since when it is wanted stopped. */
  endingAt: number | null;
  stoppedAt: number | null;
  /** When the daemon first asked for its end. */
  stopAskedAt: number | null;
  /** It is shown with a status that no program knows. */
  isStrange(): boolean;
}

/** What goes differently from the ordinary for as long as a fault lasts, or for the next few tasks. */
export interface Oddities {
  /** Denied by DescribeTasks for so long after its creation, ms. */
  missingMs: number;
  listLagMs: number;
  /** DescribeTasks tells of this long ago, ms. */
  staleMs: number;
  slowStops: boolean;
  /** A stopped task is forgotten at once instead of after an hour. */
  forgetful: boolean;
  slowStarts: boolean;
  noCapacity: boolean;
  noSpot: boolean;
  /** Fargate tasks that the account may have, those of others included; null: enough. */
  quota: number | null;
  partial: number;
  ghosts: number;
  stuck: number;
  startFailures: number;
}

export const ordinary = (): Oddities => ({
  missingMs: 300,
  listLagMs: 500,
  staleMs: 200,
  slowStops: false,
  forgetful: false,
  slowStarts: false,
  noCapacity: false,
  noSpot: false,
  quota: null,
  partial: 0,
  ghosts: 0,
  stuck: 0,
  startFailures: 0,
});

export interface RunTaskResult {
  tasks: Task[];
  failures: { arn?: string; reason: string }[];
}

export class TokenConflict extends Error {
  readonly taskArns: string[];
  constructor(taskArns: string[]) {
    super('clientToken was used with another request');
    this.taskArns = taskArns;
  }
}

export interface EcsEvents {
  created(task: ModelTask): void;
  running(task: ModelTask): void;
  /** SIGTERM, or its own end: its workers are leaving. */
  stopping(task: ModelTask): void;
  stopped(task: ModelTask): void;
  odd(fault: string): void;
  tokenReused(token: string): void;
}

const isSpot = ({
  capacityProviderStrategy: strategy,
}: Pick<RunTaskCommandInput, 'capacityProviderStrategy'>): boolean =>
  strategy?.[0]?.capacityProvider === 'FARGATE_SPOT';

const prefix = 'arn:aws:ecs:eu-west-1:123456789012:task';
/** Of tasks that are there from the beginning. */
export const firstCluster = 'simulated';
/** Calls name a cluster, or give its ARN. */
export const clusterName = (cluster = firstCluster): string =>
  cluster.slice(cluster.lastIndexOf('/') + 1);
const hour = 3_600_000;
/** A token that is older starts new tasks. */
const tokenLife = 24 * hour;
/** However many faults come together: what we believe of AWS, and what the daemon waits for. */
const longestMissing = 50_000;
const longestListLag = 9_000;
const capacity =
  'Capacity is unavailable at this time. Please try again later or in a different availability zone';
const quota = 'You’ve reached the limit on the number of vCPUs you can run concurrently';
const addressesOf = (subnet: string) =>
  `InsufficientFreeAddressesInSubnet: ${subnet} has not enough free addresses`;
const noInterface = 'Timeout waiting for network interface provisioning to complete.';
const startReasons = [
  'Timeout waiting for network interface provisioning to complete.',
  'CannotPullContainerError: pull image manifest has been retried 5 time(s): i/o timeout',
  'ResourceInitializationError: unable to pull secrets or registry auth',
];

/** ECS as it is, whatever its answers say: tasks, their lives, and what is visible of them when. */
export const createEcs = (agenda: Agenda, random: Random, tag: string, events: EcsEvents) => {
  const tasks = new Map<string, ModelTask>();
  const tokens = new Map<string, { request: string; result: RunTaskResult; at: number }>();
  const odd = ordinary();
  const troubles: { subnet: string; trouble: SubnetTrouble }[] = [];
  let made = 0;
  const clustersGone = new Set<string>();
  let isStatusUnknown = false;

  const stageOf = (task: ModelTask): Stage => task.stages[task.stages.length - 1] as Stage;
  const alive = (task: ModelTask): boolean => stageOf(task).lastStatus !== 'STOPPED';
  const wanted = (task: ModelTask): boolean =>
    alive(task) && stageOf(task).desiredStatus === 'RUNNING';

  const enter = (task: ModelTask, lastStatus: string, desiredStatus: Stage['desiredStatus']) =>
    task.stages.push({ at: agenda.now(), lastStatus, desiredStatus });

  const die = (task: ModelTask): void => {
    if (!alive(task)) return;
    enter(task, 'STOPPED', 'STOPPED');
    task.stoppedAt = agenda.now();
    task.goneFrom = agenda.now() + (odd.forgetful ? random.between(0, 3000) : hour);
    events.stopped(task);
  };

  /** From now on it is on its way out. */
  const end = (task: ModelTask, ms: number, stopCode: string, stoppedReason: string): void => {
    if (!wanted(task)) return;
    enter(task, stageOf(task).lastStatus, 'STOPPED');
    task.endingAt = agenda.now();
    task.stopCode = stopCode;
    task.stoppedReason = stoppedReason;
    events.stopping(task);
    if (ms > 3000) agenda.after(ms / 2, () => alive(task) && enter(task, 'STOPPING', 'STOPPED'));
    agenda.after(ms, () => die(task));
  };

  const boot = (task: ModelTask): void => {
    const pending = random.between(500, 3000);
    const running =
      pending + (odd.slowStarts ? random.between(50_000, 90_000) : random.between(3000, 25_000));
    agenda.after(pending, () => wanted(task) && enter(task, 'PENDING', 'RUNNING'));
    if (troubles.some((each) => each.subnet === task.subnet && each.trouble === 'noInterfaces')) {
      agenda.after(pending + 2000, () => {
        if (!wanted(task)) return;
        events.odd('noInterfaces');
        task.doomed = true;
        end(task, 500, 'TaskFailedToStart', noInterface);
      });
      return;
    }
    if (odd.stuck > 0) {
      odd.stuck--;
      events.odd('stuck');
      return;
    }
    if (odd.startFailures > 0) {
      odd.startFailures--;
      agenda.after(running / 2, () => {
        if (!wanted(task)) return;
        events.odd('startFails');
        task.doomed = true;
        end(task, 500, 'TaskFailedToStart', random.pick(startReasons));
      });
      return;
    }
    agenda.after(running, () => {
      if (!wanted(task)) return;
      enter(task, 'RUNNING', 'RUNNING');
      task.runningAt = agenda.now();
      events.running(task);
    });
  };

  const create = (
    request: Pick<
      RunTaskCommandInput,
      'cluster' | 'startedBy' | 'overrides' | 'clientToken' | 'capacityProviderStrategy'
    >,
    ours: boolean,
    askedAt: number,
    ghost = false,
    subnet = 'subnet-1',
  ): ModelTask => {
    const now = agenda.now();
    const cluster = clusterName(request.cluster);
    const environment = request.overrides?.containerOverrides?.[0]?.environment ?? [];
    const task: ModelTask = {
      taskArn: `${prefix}/${cluster}/${(++made).toString(16).padStart(32, '0')}`,
      cluster,
      startedBy: request.startedBy ?? '',
      label: environment.find(({ name }) => name === labelVariable)?.value ?? null,
      clientToken: request.clientToken ?? null,
      environment,
      ...{ ours, rival: false, worker: workerKindOf(environment) },
      isRunning: () => wanted(task),
      subnet,
      market: isSpot(request) ? 'spot' : 'onDemand',
      createdAt: now,
      askedAt,
      describedFrom: now + random.next() * Math.min(longestMissing, odd.missingMs),
      deniedUntil: 0,
      listedFrom: now + random.next() * Math.min(longestListLag, odd.listLagMs),
      goneFrom: Number.POSITIVE_INFINITY,
      stages: [{ at: now, lastStatus: 'PROVISIONING', desiredStatus: 'RUNNING' }],
      stopMs: odd.slowStops ? random.between(30_000, 110_000) : random.between(800, 6000),
      stopCode: null,
      stoppedReason: null,
      exitCode: null,
      ghost,
      doomed: false,
      runningAt: null,
      endingAt: null,
      stoppedAt: null,
      stopAskedAt: null,
      isStrange: () => isStrange(task),
    };
    tasks.set(task.taskArn, task);
    events.created(task);
    boot(task);
    return task;
  };

  /** Of those that run for long enough to have been seen running; a third of them is spared. */
  const isStrange = (task: ModelTask): boolean =>
    isStatusUnknown &&
    wanted(task) &&
    agenda.now() - (task.runningAt ?? agenda.now()) > 20_000 &&
    Number.parseInt(task.taskArn.slice(-1), 16) % 3 !== 0;

  /** As DescribeTasks would show it, a moment late. */
  const view = (task: ModelTask): Task => {
    const seenAt = agenda.now() - odd.staleMs;
    let stage = task.stages[0] as Stage;
    for (const each of task.stages) if (each.at <= seenAt) stage = each;
    const stopping = stage.desiredStatus === 'STOPPED';
    const { exitCode } = task;
    return {
      taskArn: task.taskArn,
      startedBy: task.startedBy,
      attachments: [
        {
          type: 'ElasticNetworkInterface',
          details: [{ name: 'subnetId', value: task.subnet }],
        },
      ],
      lastStatus: isStrange(task) ? 'RELOCATING' : stage.lastStatus,
      ...(isStrange(task) && { startedAt: new Date(task.runningAt ?? 0) }),
      desiredStatus: stage.desiredStatus,
      createdAt: new Date(task.createdAt),
      ...(task.market === 'spot'
        ? { capacityProviderName: 'FARGATE_SPOT' }
        : { launchType: 'FARGATE' as const }),
      ...(stage.lastStatus === 'STOPPED' && { stoppedAt: new Date(stage.at) }),
      ...(stopping && task.stopCode !== null && { stopCode: task.stopCode as never }),
      ...(stopping && task.stoppedReason !== null && { stoppedReason: task.stoppedReason }),
      overrides: {
        containerOverrides: [{ name: 'scaler-container', environment: task.environment as never }],
      },
      containers: [
        { name: 'scaler-container', ...(stopping && exitCode !== null && { exitCode }) },
      ],
    };
  };

  return {
    odd,
    troubles,
    tasks,
    alive,
    wanted,
    create,
    /** ECS deletes no cluster with tasks: all of them have stopped first, those included that were on their way out. */
    deleteCluster(cluster = firstCluster) {
      for (const task of tasks.values()) {
        if (task.cluster !== cluster) continue;
        if (wanted(task)) this.doom(task, 0, 'UserInitiated', 'Task stopped by user', null);
        die(task);
        task.stopMs = 0;
        // What it has forgotten before that, it does not know again.
        task.goneFrom = Math.min(task.goneFrom, agenda.now());
      }
      clustersGone.add(cluster);
    },
    createCluster(cluster = firstCluster) {
      clustersGone.delete(cluster);
    },
    /** From now on tasks that run are shown with a status that is in no documentation; or not any more. */
    setStatusUnknown(isUnknown: boolean) {
      isStatusUnknown = isUnknown;
    },
    /** DescribeTasks answers MISSING for so many tasks that have run for a while, for so long. */
    deny(count: number, ms: number): number {
      const old = [...tasks.values()].filter(
        (task) =>
          task.ours && wanted(task) && agenda.now() - (task.runningAt ?? agenda.now()) > 30_000,
      );
      for (const task of old.slice(0, count)) task.deniedUntil = agenda.now() + ms;
      return Math.min(count, old.length);
    },
    deniesAny: (): boolean => [...tasks.values()].some((task) => agenda.now() < task.deniedUntil),
    isClusterGone: (cluster?: string) => clustersGone.has(clusterName(cluster)),
    /** It ends by itself or by another hand than the daemon's. */
    doom(task: ModelTask, ms: number, stopCode: string, reason: string, exitCode: number | null) {
      task.doomed = true;
      task.exitCode = exitCode;
      end(task, ms, stopCode, reason);
    },

    runTask(input: RunTaskCommandInput, askedAt: number): RunTaskResult {
      const { clientToken = '', count = 1 } = input;
      const request = JSON.stringify(input);
      const known = tokens.get(clientToken);
      if (known && agenda.now() - known.at < tokenLife) {
        if (known.request === request) return known.result;
        events.tokenReused(clientToken);
        throw new TokenConflict(known.result.tasks.flatMap(({ taskArn }) => taskArn ?? []));
      }
      const result: RunTaskResult = { tasks: [], failures: [] };
      for (let i = 0; i < count; i++) {
        let no: string | null = null;
        const { subnets = [] } = input.networkConfiguration?.awsvpcConfiguration ?? {};
        const subnet = (subnets.length > 1 ? random.pick(subnets) : subnets[0]) ?? 'subnet-1';
        const trouble = troubles.find((each) => each.subnet === subnet)?.trouble;
        if (trouble === 'noAddresses' || trouble === 'noCapacityHere') {
          no = trouble === 'noAddresses' ? addressesOf(subnet) : capacity;
          events.odd(trouble);
        } else if (odd.noCapacity) {
          no = capacity;
          events.odd('noCapacity');
        } else if (odd.noSpot && isSpot(input)) {
          no = capacity;
          events.odd('noSpot');
        } else if (odd.partial > 0) {
          odd.partial--;
          no = capacity;
          events.odd('partial');
        } else if (odd.quota !== null && [...tasks.values()].filter(alive).length >= odd.quota) {
          no = quota;
          events.odd('quota');
        } else if (odd.ghosts > 0) {
          odd.ghosts--;
          no = capacity;
          events.odd('ghost');
          agenda.after(random.between(100, 20_000), () => {
            create(input, true, askedAt, true, subnet);
          });
        }
        if (no === null) result.tasks.push(view(create(input, true, askedAt, false, subnet)));
        else result.failures.push({ reason: no });
      }
      tokens.set(clientToken, { request, result, at: agenda.now() });
      return result;
    },

    /** An ARN names its cluster, and a call for another one is refused. */
    isElsewhere: (taskArn: string, cluster?: string) =>
      tasks.get(taskArn)?.cluster !== clusterName(cluster),

    /** Null: ECS does not know such a task. */
    stopTask(taskArn: string, reason: string): Task | null {
      const task = tasks.get(taskArn);
      if (!task || agenda.now() >= task.goneFrom) return null;
      end(task, task.stopMs, 'UserInitiated', reason);
      return view(task);
    },

    describe(taskArns: readonly string[]): { tasks: Task[]; failures: object[] } {
      const now = agenda.now();
      const known = taskArns.map((arn) => tasks.get(arn));
      const shown = known.flatMap((task) =>
        task &&
        now >= task.describedFrom &&
        now < task.goneFrom &&
        !(now < task.deniedUntil && wanted(task))
          ? [task]
          : [],
      );
      if (known.some((task) => task && now < task.deniedUntil && wanted(task)))
        events.odd('oldMissing');
      const arns = new Set(shown.map(({ taskArn }) => taskArn));
      if (known.some((task) => task && now < task.describedFrom)) events.odd('missing');
      return {
        tasks: shown.map(view),
        failures: taskArns
          .filter((arn) => !arns.has(arn))
          .map((arn) => ({ arn, reason: 'MISSING' })),
      };
    },

    /** Those that are wanted running, as the documentation has it, and the odd one that has just stopped. */
    list(startedBy: string, cluster?: string): string[] {
      const now = agenda.now();
      return [...tasks.values()].flatMap((task) => {
        const isOther = task.startedBy !== startedBy || task.cluster !== clusterName(cluster);
        if (isOther || now < task.listedFrom || now >= task.goneFrom) return [];
        const since = task.stages.find(({ desiredStatus }) => desiredStatus === 'STOPPED')?.at;
        return since === undefined || now - since < odd.staleMs ? [task.taskArn] : [];
      });
    },

    /** Ours, and costing money. */
    ours: (): ModelTask[] => [...tasks.values()].filter((task) => task.ours && alive(task)),
    tag,
  };
};

export type Ecs = ReturnType<typeof createEcs>;
