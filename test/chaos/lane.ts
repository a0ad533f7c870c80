import { setTimeout as sleep } from 'node:timers/promises';
import { taskIdOf } from '../../machines/shared/ids.ts';
import type { WorkerNow } from '../../src/demo/monitorMessage.ts';
import type { LedgerTask } from '../../src/emulator/ledger.ts';
import type { Running } from '../interop/processes.ts';
import type { Random } from '../simulation/random.ts';
import { type Audit, createAudit } from './audit.ts';
import { isAlive } from './cloud.ts';
import { strikes, weatherBy } from './faultProfiles.ts';
import { inviteStrangers, type Strangers } from './foreignTasks.ts';
import { type KillPoint, type Life, pointText } from './killPoints.ts';
import { managerId, openWorld, type World } from './world.ts';

/** One daemon with an account of its own, killed again and again. */
export interface Lane {
  world: World;
  audit: Audit;
  strangers: Strangers | null;
  kills: number;
  /** Kill points that were reached. */
  reached: string[];
  /** Those that did not come up before the life's time was over: killed then. */
  missed: string[];
  /** To be tried again. */
  owed: KillPoint[];
}

export const cap = 12;
const longestLife = 8000;

/** Short patience everywhere, so that a life of seconds sees what else takes minutes. */
const daemonFlags = [
  ...['--max-task-concurrency', String(cap), '--settle-seconds', '1', '--sweep-seconds', '5'],
  ...['--drain-timeout', '2', '--start-deadline', '6', '--stop-timeout', '30'],
];

export async function openLane(name: string): Promise<Lane> {
  const world = await openWorld({
    name,
    daemonFlags,
    emulatorFlags: ['--start-delay-ms', '200', '--stop-delay-ms', '100'],
    monitored: true,
  });
  const lane: Lane = {
    world,
    audit: createAudit(),
    strangers: null,
    kills: 0,
    reached: [],
    missed: [],
    owed: [],
  };
  return lane;
}

/** What the scheduler's monitor shows: a worker in each task of ours that runs, some of them at work. */
export const showWorkers = (
  { world, strangers }: Lane,
  tasks: LedgerTask[],
  load: (task: LedgerTask) => number,
): void => {
  world.scheduler.workers = tasks
    .filter((task) => task.startedBy === world.mark && !strangers?.isOne(task))
    .filter((task) => task.lastStatus === 'RUNNING' && isAlive(task))
    .map((task): WorkerNow => {
      const workerId = `Worker|ECS-${taskIdOf(task.taskArn)}|0`;
      return { workerId, managerId, tasks: load(task) };
    });
};

/** The kill point, armed: resolves when it is reached. */
const armed = ({ world, audit }: Lane, daemon: Running, point: KillPoint): Promise<void> =>
  new Promise((resolve) => {
    const { proxy, state, processes } = world;
    const strike = () => {
      processes.signal(daemon, 'SIGKILL');
      resolve();
    };
    let calls = 0;
    proxy.watch = (passing) => {
      audit.see(passing);
      if (daemon.end || point.at !== 'call') return false;
      if (passing.operation !== point.operation || passing.moment !== point.moment) return false;
      if (++calls !== point.nth) return false;
      strike();
      return true;
    };
    state.recount();
    state.onWrite = (nth) => {
      if (point.at === 'write' && nth === point.nth) strike();
    };
    if (point.at === 'random') setTimeout(strike, point.afterMs);
  });

/** What the scheduler wants during a life, and for how long each. */
const wishes = (point: KillPoint, random: Random): [workers: number, ms: number][] => {
  const some = () => random.int(1, cap);
  const ms = () => random.int(700, 2200);
  const operation = point.at === 'call' ? point.operation : null;
  if (operation === 'StopTask')
    return [
      [some(), 2500],
      [0, 3000],
      [some(), 9999],
    ];
  if (operation === 'RunTask')
    return [
      [some(), 1800],
      [0, 500],
      [cap, 9999],
    ];
  if (point.at === 'write')
    return Array.from({ length: 8 }, (_, i) => [i % 2 === 0 ? some() : 0, random.int(500, 1500)]);
  return [
    [some(), ms()],
    [some(), ms()],
    [0, ms()],
    [some(), 9999],
  ];
};

export async function live(
  lane: Lane,
  { point, damage, fair = false }: Life,
  random: Random,
): Promise<void> {
  const { world } = lane;
  const { scheduler, cloud, state } = world;
  if (damage.kind === 'lost') state.lose();
  const torn = damage.kind === 'torn' && state.tear(damage.bytes);
  const weather = fair ? { name: 'fair', rules: [] } : weatherBy(random);
  await cloud.faults(weather.rules);
  const needsRoom = point.at === 'call' && point.operation === 'RunTask';
  const wanted = wishes(point, random);
  scheduler.wanted = wanted[0]?.[0] ?? 0;

  const daemon = world.start();
  const reached = armed(lane, daemon, point);
  const over = new AbortController();
  const elapse = (ms: number) =>
    sleep(ms, undefined, { signal: over.signal }).catch(() => undefined);
  const wishing = async () => {
    for (const [workers, ms] of wanted) {
      if (over.signal.aborted) return;
      scheduler.wanted = workers;
      await elapse(ms);
    }
  };
  const showing = async () => {
    while (!over.signal.aborted) {
      showWorkers(lane, (await cloud.ledger()).tasks, () => (random.chance(0.3) ? 1 : 0));
      await elapse(400);
    }
  };
  const striking = async () => {
    await elapse(needsRoom ? 0 : random.int(500, 4000));
    const ours = (await world.ours()).filter(
      (task) => isAlive(task) && !lane.strangers?.isOne(task),
    );
    for (const { taskArn } of ours.slice(0, needsRoom ? 4 : random.int(0, 2)))
      await cloud.strike(
        taskArn,
        lane.kills < 6 && random.chance(0.3) ? 'vanish' : random.pick(strikes),
      );
  };
  const background = [wishing(), showing(), striking()];
  const how = await Promise.race([
    reached.then(() => 'reached'),
    elapse(longestLife).then(() => 'missed'),
    daemon.ended.then(() => 'ended'),
  ]);
  // The signal of a reached point and the end of its process may be seen in either order.
  const itself = daemon.end && daemon.end.signal !== 'SIGKILL';
  over.abort();
  if (itself)
    world.check(false, `the daemon lives until it is killed (${JSON.stringify(daemon.end)})`);
  await world.kill(daemon);
  await Promise.all(background);
  world.state.onWrite = null;
  lane.kills++;
  (how === 'missed' ? lane.missed : lane.reached).push(pointText(point));
  if (how === 'missed' && !fair) lane.owed.push(point);
  const before = damage.kind === 'lost' ? ', journal lost' : torn ? ', journal torn' : '';
  world.note(
    `kill ${lane.kills}: ${pointText(point)}${how === 'missed' ? ' (not reached)' : ''}, ${weather.name}${before}`,
  );
  if (lane.strangers !== null || !(await cloud.ledger()).executed.RegisterTaskDefinition) return;
  await cloud.faults([]);
  lane.strangers = await inviteStrangers(world);
}
