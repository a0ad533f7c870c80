import type { RunTaskCommandInput, StopTaskCommandInput } from '@aws-sdk/client-ecs';
import { taskIdOf } from '../../machines/shared/ids.ts';
import { labelVariable } from '../../src/aws/launch/launchTemplate.ts';
import { setTime } from '../../src/shared/clock.ts';
import type { Recorder } from '../../src/telemetry/inspector/recorder.ts';
import { createAgenda, drained } from './agenda.ts';
import { createBuckets } from './buckets.ts';
import { type Census, censusOf, statesIn, waits } from './census.ts';
import { createClient, type Trap } from './client.ts';
import { createDisk } from './disk.ts';
import { createEcs } from './ecs.ts';
import { createFaults } from './faults.ts';
import { createForeignTasks } from './foreignTasks.ts';
import { createHappen } from './happen.ts';
import { createInvariants } from './invariants.ts';
import { createJudge } from './judgements.ts';
import { type Life, startLife } from './life.ts';
import { countabilityOf } from './moneyRules.ts';
import { powersOfChange } from './powers.ts';
import { createRandom } from './random.ts';
import { createRival } from './rival.ts';
import { newRun, type Run } from './run.ts';
import { createScheduler } from './scheduler/scheduler.ts';
import {
  faultsEnd,
  type Happening,
  type KillPoint,
  killLimitMs,
  type Script,
  type SettingsChange,
} from './script.ts';
import { capabilitiesOf, managerId, tag } from './settings.ts';
import { createSiblings } from './siblings.ts';
import { forceAfterMs } from './stopRules.ts';
import { createTrace } from './trace.ts';
import type { InvariantName } from './watched.ts';
import { wordsOf } from './words.ts';

export type { Run } from './run.ts';

const epochStart = 1_800_000_000_000;
/** How long all may take to come to rest once faults have stopped, and how long rest must last. */
const restLimit = 900_000;
const restMs = 70_000;
/** Far more than any seed needs: something sets itself off again and again. */
const most = { events: 30_000, atOnce: 300, tasks: 500 };
/** Of the wide profile: hundreds of tasks, and hours. */
const mostOfWide = { events: 1_000_000, atOnce: 5000, tasks: 8000 };

type Stop = Pick<Happening & { kind: 'stop' }, 'downMs' | 'soon' | 'again'>;

const environmentValue = (input: RunTaskCommandInput, name: string): string | null =>
  input.overrides?.containerOverrides?.[0]?.environment?.find((each) => each.name === name)
    ?.value ?? null;

/** One seed from beginning to end. */
export const runScript = async (
  script: Script,
  record = false,
  recorder: Recorder | null = null,
): Promise<Run> => {
  const { seed, happenings } = script;
  // A life may begin with others.
  const settings = structuredClone(script.settings);
  const agenda = createAgenda(epochStart);
  const run = newRun(script);
  /** The host's clock is ahead of AWS's. */
  let clockAheadMs = 0;
  const elapsed = () => agenda.now() - epochStart;
  const trace = createTrace(elapsed, record ? run.trace : null);
  const { note } = trace;
  let checks: (() => void)[] = [];
  const endsAt = epochStart + faultsEnd(script);

  /** When a message was lost last: such a fault waits for its message, which may come when all other faults are over. */
  let lostAt = epochStart;

  let life: Life | null = null;
  let armed: { point: KillPoint; strike: () => void } | null = null;

  const census = (): Census | null =>
    life?.actor && !life.ended && !life.owner.dead ? censusOf(life.actor) : null;

  const broken = (invariant: InvariantName, says: string): void => {
    note(() => `!! ${invariant}: ${says}`);
    if (run.violations.some((each) => each.invariant === invariant)) return;
    run.violations.push({ invariant, at: Math.round(elapsed()) / 1000, says });
  };

  /** A fault has shown: counts it with each state that it met. */
  const meet = (fault: string): void => {
    note(() => `~~ ${fault}`);
    if (fault.endsWith(':DescribeTasks')) invariants.unseen();
    if (fault.endsWith('Lost')) lostAt = agenda.now();
    run.faults++;
    const now = census();
    const states = now ? statesIn(now) : ['no daemon'];
    for (const state of states) {
      const pair = `${scheduler.generation()}|${state}|${fault}`;
      run.met.set(pair, (run.met.get(pair) ?? 0) + 1);
    }
  };

  const disk = createDisk(agenda, createRandom(seed, 'disk'));
  const scheduler = createScheduler(
    agenda,
    createRandom(seed, 'scheduler'),
    {
      ...{ ...settings, ...settings.scheduler, managerId: () => settings.managerId ?? managerId },
      capabilities: capabilitiesOf(settings),
      severalRequests: settings.wide?.severalRequests ?? false,
    },
    {
      connected: (task) => {
        note(() => `workers of ${task.taskArn.slice(-3)} connected`);
        invariants.look();
      },
      workersExit: (task) =>
        ecs.doom(task, 500, 'EssentialContainerExited', 'Essential container in task exited', 0),
      offended: (says) => broken('schedulerKilled', says),
      reported(task) {
        if (task && ecs.alive(task))
          broken('reportedAlive', `a worker of ${task.taskArn.slice(-3)}, which lives`);
      },
      unreported: (task) => invariants.unreported(task),
      disowned: (groupId) => broken('disowned', `${groupId} lives at another manager`),
      note,
      fault: meet,
      reports: (tasks) => invariants.workReported(tasks),
    },
  );
  const ecs = createEcs(agenda, createRandom(seed, 'ecs'), tag, {
    created: (task) => {
      note(() => `task ${task.taskArn.slice(-3)} created, launch ${task.label}`);
      siblings.created(task);
      invariants.created(task);
    },
    running: (task) => {
      note(() => `task ${task.taskArn.slice(-3)} runs`);
      if (task.ours || task.rival) scheduler.start(task);
    },
    stopping: (task) => {
      note(() => `task ${task.taskArn.slice(-3)} stops: ${task.stopCode} ${task.stoppedReason}`);
      // Killed, its workers cannot say goodbye.
      if (task.exitCode === 137) scheduler.kill(task);
      else scheduler.leave(task);
    },
    stopped: (task) => note(() => `task ${task.taskArn.slice(-3)} stopped`),
    odd: meet,
    tokenReused: (token) => broken('tokenReused', token),
  });
  const traps: Trap[] = [];
  const buckets = createBuckets(agenda);
  const client = createClient(agenda, createRandom(seed, 'client'), ecs, traps, {
    point: (point) => strikeAt(point),
    odd: meet,
    power: (power) => run.powers.add(power),
    note,
    admits: buckets.take,
    sent(operation, input) {
      if (operation === 'RunTask')
        invariants.runTaskSent(environmentValue(input as RunTaskCommandInput, labelVariable));
      if (operation === 'StopTask') invariants.stopTaskSent(input as StopTaskCommandInput);
    },
  });
  disk.onPoint = (point) => strikeAt(point);

  const invariants = createInvariants({
    isCalm: () => agenda.now() >= rivalUntil && faults.areNone(life),
    agenda,
    ecs,
    disk,
    scheduler,
    settings,
    life: () => alive(),
    census,
    ...{ broken, judge: createJudge(run.judgements) },
    isOurGroup: (groupId) =>
      census()?.groups.some(({ taskArn }) => groupId === `ecs-${taskIdOf(taskArn ?? '')}`) ?? false,
    identity: () => identity,
    afterwards: (check) => checks.push(check),
  });

  const random = createRandom(seed, 'life');
  const alive = () => (life && !life.owner.dead && !life.ended ? life : null);
  const siblings = createSiblings({ agenda, ecs, disk, settings, broken, life: alive });
  /** A new one with each state directory. */
  let identity = 'manager-1';
  let lives = 0;
  const prepareTroubles: ('unreachable' | 'denied')[] = [];
  /** What the next life finds in its file. */
  let nextSettings: SettingsChange | null = null;
  const changeSettings = (): void => {
    if (nextSettings === null) return;
    const { wide, ...others } = nextSettings;
    note(() => `settings ${JSON.stringify(nextSettings)}`);
    const name = others.workerAddress ?? others.managerId;
    if (name) {
      siblings.moved(name);
      identity = `manager-${lives + 1}`;
      invariants.journalLost();
    }
    Object.assign(settings, others, settings.wide && { wide: { ...settings.wide, ...wide } });
    nextSettings = null;
  };
  const start = (): void => {
    lives++;
    changeSettings();
    siblings.born();
    invariants.born();
    scheduler.askShutdown(false);
    note(() => `daemon starts, life ${lives}`);
    const born: Life = startLife(
      {
        agenda,
        random,
        // Files and client end with the life they belong to.
        filesOf: disk.filesOf,
        ecsOf: client,
        scheduler,
        identity,
        settings,
        createsCluster: lives === 1 && ecs.ours().length === 0,
        recorder,
        epoch: `${seed.toString(16)}x${lives}`,
        siblings,
        journalRead: () => settings.wide && disk.keepIdentity(),
        createCluster: () => ecs.createCluster(settings.cluster),
        prepareTrouble: () => {
          const trouble = prepareTroubles.shift() ?? null;
          if (trouble) meet('prepare');
          return trouble;
        },
      },
      {
        starts: (kind) => meet(`start:${kind}`),
        decided: invariants.launched,
        recorded(record) {
          note(() => `journal ${JSON.stringify(record)}`);
          invariants.recorded(record);
          if (record.kind === 'ended' && record.taskArn !== null)
            invariants.ended(record.taskArn, record.cause);
        },
        opened: invariants.opened,
        told(generation, message) {
          if (message.type === 'shutdownAsked' && born.stopAskedAt === null) {
            meet('clusterShutdown');
            stop({ downMs: 3000 }, 'scheduler.shutdown');
          }
          note(() => `told ${generation} ${wordsOf(message)}`);
          invariants.told(generation, message);
        },
        said(message) {
          note(() => `said ${message.generation} ${wordsOf(message)}`);
          invariants.said(message);
        },
        closed(kind) {
          note(() => `connection ${kind}`);
          invariants.closed(kind);
        },
        inventoried: () => {
          note(() => 'inventory complete');
          invariants.inventoried();
        },
        inventoryFailed: invariants.inventoryFailed,
        clusterLeftOut: invariants.clusterLeftOut,
        logged(level, fields, text) {
          note(() => `${level} ${text} ${JSON.stringify(fields)}`);
          if (text === 'siblings.tasksFound') siblings.reported(fields);
          if (text === 'launch.refused') {
            const { launch, kind } = fields as { launch: string; kind: string };
            if (kind === 'journal') invariants.unsent(launch);
          }
          if (text === 'launch.taskAlreadyOwned') broken('duplicated', JSON.stringify(fields));
          if (text === 'actor.crashed' || text.startsWith('daemon.'))
            broken('crashed', `${text} ${JSON.stringify(fields)}`);
        },
        ended(end) {
          note(() => `daemon has ended with status ${end.status}`);
          invariants.leftBehind(born, end);
          if (born.restartMs !== null)
            agenda.after(born.restartMs, () => {
              if (life !== born) return;
              born.owner.dead = true;
              scheduler.dropOwner(born.owner);
              run.restarts++;
              start();
            });
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
    recorder?.cut('killed');
    scheduler.dropOwner(life.owner);
    life = null;
    armed = null;
    run.restarts++;
    disk.crash(power);
    if (journal === 'lost') {
      disk.wipe();
      identity = `manager-${lives + 1}`;
      invariants.journalLost();
    }
    if (journal === 'forgotten') {
      run.powers.add('journal forgotten');
      disk.forgetJournal();
      invariants.journalLost();
    }
    run.journalBytes = disk.bytes();
    if (typeof journal === 'object') {
      meet('journal bent');
      disk.bend(journal);
      invariants.journalLost();
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
    if (afterRival(() => armKill(happening))) return;
    const { point } = happening;
    if (point === null) {
      kill(happening);
      return;
    }
    const mine = { point, strike: () => kill(happening) };
    armed = mine;
    agenda.after(killLimitMs, () => {
      if (armed !== mine) return;
      armed = null;
      mine.strike();
    });
  };

  const stop = (happening: Stop, message: 'daemon.stop' | 'scheduler.shutdown'): void => {
    const { downMs, soon = false, again = [] } = happening;
    if (message === 'daemon.stop' && afterRival(() => stop(happening, message))) return;
    const stopped = life;
    if (!stopped?.actor || stopped.stopAskedAt !== null) return;
    if (message === 'daemon.stop') meet('stop');
    stopped.stopAskedAt = agenda.now();
    stopped.restartMs = soon ? downMs : null;
    if (message === 'daemon.stop') stopped.actor.send({ type: message });
    const longestMs = settings.stopTimeoutSeconds * 1000 + 8000 + downMs;
    const end = (): void => {
      stopped.owner.dead = true;
      recorder?.cut('stopped');
      scheduler.dropOwner(stopped.owner);
      run.restarts++;
      disk.crash(false);
      start();
    };
    const over = (): void => {
      if (life !== stopped) return;
      const { frozenUntil = 0 } = stopped.owner;
      // A standstill takes as long as it takes.
      const wakeMs = frozenUntil > (stopped.stopAskedAt ?? 0) ? frozenUntil - agenda.now() : 0;
      if (!stopped.ended && wakeMs !== 0 && wakeMs + longestMs > 0) {
        agenda.after(wakeMs + longestMs, over);
        return;
      }
      if (!stopped.ended) broken('stuck', 'the daemon does not end');
      end();
    };
    agenda.after(longestMs, over);
    const stopAgain = (count: number): void => {
      if (life !== stopped || stopped.ended) return;
      run.powers.add(count === 2 ? 'second SIGTERM' : 'third SIGTERM');
      meet(`stop:${count}`);
      if (count === 2 && !settings.leave)
        invariants.stoppedAgain(stopped, (since) => faults.hinderStops(stopped, since));
      stopped.actor?.send({ type: message });
      // As src/daemon/signals does, whatever is still waited for.
      if (count === 3)
        agenda.after(forceAfterMs, () => life === stopped && !stopped.ended && end());
    };
    again.forEach((ms, i) => {
      agenda.after(ms, () => stopAgain(i + 2), stopped.owner);
    });
  };

  /** A manager that begins while its rival lives cannot tell the rival's tasks from those of its own last life. */
  let rivalUntil = 0;
  const afterRival = (act: () => void): boolean => {
    if (agenda.now() >= rivalUntil) return false;
    agenda.after(rivalUntil - agenda.now(), act);
    return true;
  };
  const settledMs = 20_000;

  const beginRival = (ms: number, leaves: boolean): void => {
    const isSettled = life?.actor && agenda.now() - life.startedAt > settledMs && armed === null;
    if (!isSettled || agenda.now() < rivalUntil) {
      if (agenda.now() < endsAt - ms - 2 * settledMs)
        agenda.after(10_000, () => beginRival(ms, leaves));
      return;
    }
    meet('rival');
    rivalUntil = agenda.now() + ms + 5000;
    const tools = { agenda, random: createRandom(seed, 'rival'), scheduler, ecs };
    const rival = createRival(tools, { identity, ...settings });
    rival.start();
    agenda.after(ms, () => invariants.rivalEnded(rival.end(leaves)));
  };

  const { isLimited } = buckets;
  const faults = createFaults({ agenda, ecs, disk, scheduler, traps, settings, isLimited });
  const happen = createHappen({
    cluster: () => settings.cluster,
    agenda,
    ecs,
    disk,
    scheduler,
    traps,
    meet,
    power: (power) => run.powers.add(power),
    hinderPreparing: (troubles) => void prepareTroubles.splice(0, Infinity, ...troubles),
    kill: armKill,
    restart({ at, downMs, how, change }) {
      nextSettings = { ...nextSettings, ...change };
      for (const power of powersOfChange(change)) run.powers.add(power);
      meet('restart');
      if (how === 'stop') stop({ downMs, soon: true }, 'daemon.stop');
      else armKill({ kind: 'kill', at, downMs, point: null, power: false, journal: 'kept' });
    },
    stop: (happening) => stop(happening, 'daemon.stop'),
    standStill(ms) {
      if (!life || life.owner.dead || life.ended) return;
      meet('standstill');
      const { owner } = life;
      owner.frozenUntil = Math.max(owner.frozenUntil ?? 0, agenda.now() + ms);
      invariants.stoodStill(owner.frozenUntil);
    },
    limitCalls: buckets.limit,
    identity: () => identity,
    isContested: () => agenda.now() < rivalUntil,
    rival: beginRival,
  });

  createForeignTasks(ecs, agenda.now(), settings.orphan);

  for (const happening of happenings)
    agenda.after(happening.at, () => {
      note(() => `** ${JSON.stringify(happening)}`);
      happen(happening);
    });
  agenda.after(faultsEnd(script), () => {
    note(() => `== no more faults; ${script.finalDemand} tasks to do`);
    for (const faults of [traps, prepareTroubles]) faults.length = 0;
    restBy = endsAt + restLimit + invariants.endingMs();
    Object.assign(ecs.odd, { partial: 0, ghosts: 0, stuck: 0, startFailures: 0 });
    scheduler.setDemand(script.finalDemand);
    if (settings.drainTimeoutSeconds < 0) scheduler.endLongWork((task) => waits(census(), task));
    // Where every group gets work again before it has rested, none may ever be stopped.
    if ((settings.wide?.minIdleSeconds ?? 0) > 0) scheduler.calmWork();
  });

  let over = false;
  let restBy = Number.POSITIVE_INFINITY;
  let restSince: number | null = null;
  let disturbances = 0;
  const watch = (): void => {
    invariants.checkEverySecond(Math.max(endsAt, lostAt));
    if (siblings.hasAny()) siblings.check();
    const now = agenda.now();
    if (Math.round(elapsed() / 1000) % 5 === 0) {
      const present = census();
      if (present) invariants.counted(present);
    }
    if (now > endsAt + 4 * settings.heartbeatIntervalSeconds * 1000) {
      const trouble = invariants.unsettled();
      if (trouble) {
        if (restSince !== null) {
          if (!trouble.isDue) disturbances++;
          note(() => `not at rest any more: ${trouble.says}`);
        }
        restSince = null;
        if (disturbances > 3) {
          broken('unstable', trouble.says);
          over = true;
        }
        if (now > restBy) {
          if (invariants.isToRest()) broken(trouble.invariant, `for ever: ${trouble.says}`);
          over = true;
        }
      } else {
        if (restSince === null) note(() => 'at rest');
        restSince ??= now;
        run.calmAfter = restSince - endsAt;
        if (now - restSince >= restMs) {
          over = true;
          invariants.settled(countabilityOf(script));
        }
      }
    }
    if (!over) agenda.after(1000, watch);
  };
  agenda.after(1000, watch);

  const realRandom = Math.random;
  const ids = createRandom(seed, 'ids');
  Math.random = ids.next;
  setTime(() => agenda.now() + clockAheadMs);
  try {
    start();
    await drained();
    while (!over && agenda.step()) {
      run.events++;
      const limit = settings.wide ? mostOfWide : most;
      const isMany = run.events > limit.events || ecs.tasks.size > limit.tasks;
      if (agenda.atOnce() > limit.atOnce || isMany) {
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
  run.traceHash = trace.hash();
  run.bought = [...ecs.tasks.values()].filter(({ ours, label }) => ours && label !== null).length;
  return run;
};
