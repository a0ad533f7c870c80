import type { RunTaskCommandInput } from '@aws-sdk/client-ecs';
import { labelVariable } from '../../src/aws/launch/launchTemplate.ts';
import { fleetOwnershipTag } from '../../src/aws/launch/ownershipTag.ts';
import { setTime } from '../../src/shared/clock.ts';
import { createAgenda, drained } from './agenda.ts';
import { type Census, censusOf } from './census.ts';
import { createClient, type Trap } from './client.ts';
import { createDisk } from './disk.ts';
import { createEcs } from './ecs.ts';
import { createHappen } from './happen.ts';
import { createPromises, type Violation } from './invariants.ts';
import { type Life, startLife } from './life.ts';
import { createRandom } from './random.ts';
import { createScheduler } from './scheduler.ts';
import { faultsEnd, type Happening, type KillPoint, killPatience, type Script } from './script.ts';
import { capabilities, mark, templateOf, workerAddress } from './settings.ts';
import type { PromiseName } from './watched.ts';

export interface Run {
  violations: Violation[];
  /** Empty unless it was asked for. */
  trace: string[];
  events: number;
  faults: number;
  restarts: number;
  /** How often a fault met something in that state: `state|fault`. */
  met: Map<string, number>;
  /** From the last fault to calm, ms; null: never. */
  calmAfter: number | null;
  /** Tasks that the daemon's launches started. */
  bought: number;
  /** The journal's size at the last kill. */
  journalBytes: number;
  virtualMs: number;
}

const epochStart = 1_800_000_000_000;
/** How long all may take to come to rest once faults have stopped, and how long rest must last. */
const restLimit = 900_000;
const restMs = 70_000;
/** Far more than any seed needs: something sets itself off again and again. */
const mostEvents = 30_000;
const mostAtOnce = 300;
const mostTasks = 500;

const environmentValue = (input: RunTaskCommandInput, name: string): string | null =>
  input.overrides?.containerOverrides?.[0]?.environment?.find((each) => each.name === name)
    ?.value ?? null;

/** One seed from beginning to end. */
export const runScript = async (script: Script, record = false): Promise<Run> => {
  const { seed, settings, happenings } = script;
  const agenda = createAgenda(epochStart);
  const run: Run = {
    violations: [],
    trace: [],
    events: 0,
    faults: 0,
    restarts: 0,
    met: new Map(),
    calmAfter: null,
    bought: 0,
    journalBytes: 0,
    virtualMs: 0,
  };
  /** The host's clock is ahead of AWS's. */
  let clockAheadMs = 0;
  const elapsed = () => agenda.now() - epochStart;
  const note = (line: () => string): void => {
    if (record) run.trace.push(`${(elapsed() / 1000).toFixed(3)} ${line()}`);
  };
  let checks: (() => void)[] = [];
  const endsAt = epochStart + faultsEnd(script);

  let life: Life | null = null;
  let armed: { point: KillPoint; strike: () => void } | null = null;

  const census = (): Census | null =>
    life?.actor && !life.ended && !life.owner.dead ? censusOf(life.actor) : null;

  const broken = (promise: PromiseName, says: string): void => {
    note(() => `!! ${promise}: ${says}`);
    if (run.violations.some((each) => each.promise === promise)) return;
    run.violations.push({ promise, at: Math.round(elapsed()) / 1000, says });
  };

  /** A fault has shown: whom did it meet? */
  const meet = (fault: string): void => {
    note(() => `~~ ${fault}`);
    if (fault.endsWith(':DescribeTasks')) promises.unseen();
    run.faults++;
    const now = census();
    const states = now
      ? new Set([
          ...now.groups.map(({ state }) => `group ${state}`),
          ...now.launches.map(({ state }) => `launch ${state}`),
          `manager ${now.lifecycle}`,
          ...(now.describing ? ['cohort describing'] : []),
        ])
      : new Set(['nobody']);
    for (const state of states) {
      const pair = `${state}|${fault}`;
      run.met.set(pair, (run.met.get(pair) ?? 0) + 1);
    }
  };

  const disk = createDisk(agenda, createRandom(seed, 'disk'));
  const scheduler = createScheduler(
    agenda,
    createRandom(seed, 'scheduler'),
    { ...settings, capabilities },
    {
      connected: (task) => {
        note(() => `workers of ${task.taskArn.slice(-3)} connected`);
        promises.look();
      },
      workersExit: (task) =>
        ecs.doom(task, 500, 'EssentialContainerExited', 'Essential container in task exited', 0),
    },
  );
  const ecs = createEcs(agenda, createRandom(seed, 'ecs'), mark, {
    created: (task) => {
      note(() => `task ${task.taskArn.slice(-3)} created, launch ${task.label}`);
      promises.created(task);
    },
    running: (task) => {
      note(() => `task ${task.taskArn.slice(-3)} runs`);
      if (task.ours) scheduler.start(task, () => ecs.wanted(task));
    },
    stopping: (task) => {
      note(() => `task ${task.taskArn.slice(-3)} stops: ${task.stopCode} ${task.stoppedReason}`);
      scheduler.leave(task);
    },
    stopped: (task) => note(() => `task ${task.taskArn.slice(-3)} stopped`),
    odd: meet,
    tokenReused: (token) => broken('tokenReused', token),
  });
  const traps: Trap[] = [];
  const client = createClient(agenda, createRandom(seed, 'client'), ecs, traps, {
    point: (point) => strikeAt(point),
    odd: meet,
    note,
    sent(operation, input) {
      if (operation === 'RunTask')
        promises.runTaskSent(environmentValue(input as RunTaskCommandInput, labelVariable));
      if (operation === 'StopTask') promises.stopTaskSent((input as { task: string }).task);
    },
  });
  disk.onPoint = (point) => strikeAt(point);

  const promises = createPromises({
    agenda,
    ecs,
    disk,
    scheduler,
    settings,
    life: () => (life && !life.owner.dead && !life.ended ? life : null),
    census,
    broken,
    afterwards: (check) => checks.push(check),
  });

  const random = createRandom(seed, 'life');
  let lives = 0;
  let prepareTroubles: ('unreachable' | 'denied')[] = [];
  const start = (): void => {
    lives++;
    promises.born();
    note(() => `daemon starts, life ${lives}`);
    const born: Life = startLife(
      {
        agenda,
        random,
        // Files and client end with the life they belong to.
        filesOf: disk.filesOf,
        ecsOf: client,
        scheduler,
        template: templateOf(settings),
        settings,
        epoch: `${seed.toString(16)}x${lives}`,
        prepareTrouble: () => {
          const trouble = prepareTroubles.shift() ?? null;
          if (trouble) meet('prepare');
          return trouble;
        },
      },
      {
        decided: promises.launched,
        recorded(record) {
          note(() => `journal ${JSON.stringify(record)}`);
          promises.recorded(record);
          if (record.kind === 'ended' && record.taskArn !== null)
            promises.ended(record.taskArn, record.cause);
        },
        echoed: promises.echoed,
        commanded(requests) {
          const before = promises.goal();
          promises.commanded(requests);
          if (promises.goal() !== before)
            note(() => `scheduler wants ${JSON.stringify(requests.map((r) => r.taskConcurrency))}`);
        },
        surveyed: () => {
          note(() => 'survey complete');
          promises.surveyed();
        },
        surveyFailed: promises.surveyFailed,
        logged(level, fields, text) {
          note(() => `${level} ${text} ${JSON.stringify(fields)}`);
          if (text === 'launch.refused') {
            const { launch, kind } = fields as { launch: string; kind: string };
            if (kind === 'journal') promises.unsent(launch);
          }
          if (text === 'launch.taskAlreadyOwned') broken('duplicated', JSON.stringify(fields));
          if (text === 'actor.crashed' || text.startsWith('daemon.'))
            broken('crashed', `${text} ${JSON.stringify(fields)}`);
        },
        ended() {
          note(() => 'daemon has ended');
          promises.leftBehind(born);
        },
      },
    );
    life = born;
  };

  const kill = ({ point, power, journal, downMs, clockMs }: Happening & { kind: 'kill' }): void => {
    if (!life || life.owner.dead) return;
    meet(`kill:${point ?? 'anywhere'}`);
    if (power) meet('power cut');
    if (journal === 'lost') meet('journal lost');
    if (clockMs !== undefined) meet('clock set');
    life.owner.dead = true;
    life = null;
    armed = null;
    run.restarts++;
    scheduler.drop('reset');
    disk.crash(power);
    if (journal === 'lost') {
      disk.wipe();
      promises.journalLost();
    }
    run.journalBytes = disk.bytes();
    if (typeof journal === 'object') {
      meet('journal bent');
      disk.bend(journal);
      promises.journalLost();
    }
    agenda.after(downMs, () => {
      clockAheadMs += clockMs ?? 0;
      start();
    });
  };

  const strikeAt = (point: KillPoint | string): void => {
    if (armed?.point !== point) return;
    const { strike } = armed;
    armed = null;
    note(() => `killed at ${point}`);
    strike();
  };

  const armKill = (happening: Happening & { kind: 'kill' }): void => {
    const { point } = happening;
    if (point === null) {
      kill(happening);
      return;
    }
    const mine = { point, strike: () => kill(happening) };
    armed = mine;
    agenda.after(killPatience, () => {
      if (armed !== mine) return;
      armed = null;
      mine.strike();
    });
  };

  const stop = ({ downMs }: Happening & { kind: 'stop' }): void => {
    const stopped = life;
    if (!stopped?.actor || stopped.stopAskedAt !== null) return;
    meet('stop');
    stopped.stopAskedAt = agenda.now();
    stopped.actor.send({ type: 'daemon.stop' });
    agenda.after(settings.stopTimeoutSeconds * 1000 + 8000 + downMs, () => {
      if (life !== stopped) return;
      if (!stopped.ended) broken('stuck', 'the daemon does not end');
      stopped.owner.dead = true;
      run.restarts++;
      scheduler.drop('reset');
      disk.crash(false);
      start();
    });
  };

  const happen = createHappen({
    agenda,
    ecs,
    disk,
    scheduler,
    traps,
    meet,
    hinderPreparing: (troubles) => {
      prepareTroubles = troubles;
    },
    kill: armKill,
    stop,
  });

  // Tasks of others, in the same cluster: another fleet's, and one with our mark for another scheduler.
  const stranger = (startedBy: string, scheduler: string) => ({
    startedBy,
    overrides: {
      containerOverrides: [
        {
          environment: [
            {
              name: 'COMMAND',
              value: `exec scaler_worker_manager baremetal_native ${scheduler} --mode fixed`,
            },
          ],
        },
      ],
    },
  });
  for (let i = 0; i < 2; i++)
    ecs.create(stranger(fleetOwnershipTag('others'), workerAddress), false, agenda.now());
  ecs.create(stranger(mark, 'tcp://elsewhere:1'), false, agenda.now());
  if (settings.stray) ecs.create(stranger(mark, workerAddress), true, agenda.now());

  for (const happening of happenings)
    agenda.after(happening.at, () => {
      note(() => `** ${JSON.stringify(happening)}`);
      happen(happening);
    });
  agenda.after(faultsEnd(script), () => {
    note(() => `== no more faults; ${script.finalDemand} tasks to do`);
    traps.length = 0;
    prepareTroubles = [];
    Object.assign(ecs.odd, { partial: 0, ghosts: 0, stuck: 0, startFailures: 0 });
    scheduler.setDemand(script.finalDemand);
  });

  let over = false;
  let restSince: number | null = null;
  let disturbances = 0;
  const watch = (): void => {
    promises.sweep(endsAt);
    const now = agenda.now();
    if (Math.round(elapsed() / 1000) % 5 === 0) {
      const present = census();
      if (present) promises.owners(present);
    }
    if (now > endsAt + 4 * settings.heartbeatIntervalSeconds * 1000) {
      const trouble = promises.unsettled();
      if (trouble) {
        if (restSince !== null) {
          disturbances++;
          note(() => `not at rest any more: ${trouble.says}`);
        }
        restSince = null;
        if (disturbances > 3) {
          broken('unstable', trouble.says);
          over = true;
        }
        if (now - endsAt > restLimit) {
          broken(trouble.promise, `for ever: ${trouble.says}`);
          over = true;
        }
      } else {
        if (restSince === null) note(() => 'at rest');
        restSince ??= now;
        run.calmAfter = restSince - endsAt;
        if (now - restSince >= restMs) over = true;
      }
    }
    if (!over) agenda.after(1000, watch);
  };
  agenda.after(1000, watch);

  let moment = agenda.now();
  let sameMoment = 0;
  const realRandom = Math.random;
  const ids = createRandom(seed, 'ids');
  Math.random = ids.next;
  setTime(() => agenda.now() + clockAheadMs);
  try {
    start();
    await drained();
    while (!over && agenda.step()) {
      run.events++;
      sameMoment = agenda.now() === moment ? sameMoment + 1 : 0;
      moment = agenda.now();
      if (sameMoment > mostAtOnce || run.events > mostEvents || ecs.tasks.size > mostTasks) {
        broken('stuck', `goes round in circles: ${run.events} events, ${ecs.tasks.size} tasks`);
        break;
      }
      await drained();
      if (checks.length > 0) {
        const due = checks;
        checks = [];
        for (const check of due) check();
      }
    }
  } finally {
    setTime(null);
    Math.random = realRandom;
  }
  run.virtualMs = elapsed();
  run.bought = [...ecs.tasks.values()].filter(({ ours, label }) => ours && label !== null).length;
  return run;
};
