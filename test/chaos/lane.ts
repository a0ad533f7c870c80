import { setTimeout as sleep } from 'node:timers/promises';
import { returnGraceMs } from '../../machines/shared/timing.ts';
import type { LedgerTask } from '../../src/emulator/ledger.ts';
import type { ProcessHandle } from '../interop/processes.ts';
import type { Random } from '../simulation/random.ts';
import { type Audit, createAudit } from './audit.ts';
import { isAlive } from './emulator.ts';
import { pickFaultProfile, taskFaults } from './faultProfiles.ts';
import { type ForeignTasks, startForeignTasks } from './foreignTasks.ts';
import { type DaemonRun, isForLaterRun, type KillPoint, pointText } from './killPoints.ts';
import { openTestBed, type TestBed, workerOf } from './testBed.ts';

/** One daemon with its own account, which is killed and restarted repeatedly. */
export interface Lane {
  testBed: TestBed;
  audit: Audit;
  foreignTasks: ForeignTasks | null;
  /** Number of kills so far. */
  kills: number;
  /** Kill points that were reached. */
  reached: string[];
  /** Kill points that were not reached before the time limit of the run, when the daemon was killed. */
  missed: string[];
  /** Missed kill points to retry. */
  retries: KillPoint[];
}

/** --max-task-concurrency of the daemon. */
export const maxTasks = 12;
/**
 * Time limit for one run. A daemon that finds groups of an earlier run drains none until its scheduler has been back for
 * `returnGraceMs`: StopTask is not sent sooner.
 */
const maxRunMs = (point: KillPoint): number =>
  point.at === 'call' && point.operation === 'StopTask' ? returnGraceMs + 15_000 : 8000;

/** Short timeouts, so that a run of seconds covers what otherwise takes minutes. */
const daemonFlags = [
  ...['--max-task-concurrency', String(maxTasks), '--settle-seconds', '1', '--sweep-seconds', '5'],
  ...['--drain-timeout', '2', '--start-deadline', '6', '--stop-timeout', '30'],
];

export async function openLane(name: string): Promise<Lane> {
  const testBed = await openTestBed({
    name,
    daemonFlags,
    emulatorFlags: ['--start-delay-ms', '200', '--stop-delay-ms', '100'],
    hasMonitor: true,
  });
  const lane: Lane = {
    testBed,
    audit: createAudit(),
    foreignTasks: null,
    kills: 0,
    reached: [],
    missed: [],
    retries: [],
  };
  return lane;
}

/** Publishes one worker for each running task of the daemon, with `load` tasks each. */
export function publishWorkers(
  { testBed, foreignTasks }: Lane,
  tasks: LedgerTask[],
  load: (task: LedgerTask) => number,
): void {
  testBed.scheduler.workers = tasks
    .filter((task) => task.startedBy === testBed.ownershipTag && !foreignTasks?.includes(task))
    .filter((task) => task.lastStatus === 'RUNNING' && isAlive(task))
    .map((task) => workerOf(task, load(task)));
}

/** Kills the daemon when it reaches the kill point; resolves then. */
const armKillPoint = (
  { testBed, audit }: Lane,
  daemon: ProcessHandle,
  point: KillPoint,
): Promise<void> =>
  new Promise((resolve) => {
    const { proxy, state, processes } = testBed;
    const kill = () => {
      processes.signal(daemon, 'SIGKILL');
      resolve();
    };
    let calls = 0;
    proxy.onCall = (call) => {
      audit.record(call);
      if (daemon.exit || point.at !== 'call') return false;
      if (call.stage === 'unsent' && isForLaterRun(call.operation, point)) return true;
      if (call.operation !== point.operation || call.stage !== point.stage) return false;
      if (++calls !== point.nth) return false;
      kill();
      return true;
    };
    state.resetWriteCount();
    state.onWrite = (nth) => {
      if (point.at === 'write' && nth === point.nth) kill();
    };
    if (point.at === 'random') setTimeout(kill, point.afterMs);
  });

/** The desired numbers of workers during a run, and how long each one lasts. */
function desiredCounts(point: KillPoint, random: Random): [workers: number, ms: number][] {
  const randomWorkers = () => random.int(1, maxTasks);
  const ms = () => random.int(700, 2200);
  const operation = point.at === 'call' ? point.operation : null;
  if (operation === 'StopTask')
    return [
      [randomWorkers(), 2500],
      [0, maxRunMs(point)],
    ];
  if (operation === 'RunTask')
    return [
      [randomWorkers(), 1800],
      [0, 500],
      [maxTasks, 9999],
    ];
  if (point.at === 'write')
    return Array.from({ length: 8 }, (_, i) => [
      i % 2 === 0 ? randomWorkers() : 0,
      random.int(500, 1500),
    ]);
  return [
    [randomWorkers(), ms()],
    [randomWorkers(), ms()],
    [0, ms()],
    [randomWorkers(), 9999],
  ];
}

/** Runs the daemon with changing desired counts and faults until it reaches the kill point or the time limit, then kills it. */
export async function runUntilKilled(
  lane: Lane,
  { point, damage, withoutFaults = false }: DaemonRun,
  random: Random,
): Promise<void> {
  const { testBed } = lane;
  const { scheduler, emulator, state } = testBed;
  if (damage.kind === 'lost') state.remove();
  const isTruncated = damage.kind === 'torn' && state.truncate(damage.bytes);
  const profile = withoutFaults ? { name: 'none', rules: [] } : pickFaultProfile(random);
  await emulator.setFaults(profile.rules);
  const needsLaunches = point.at === 'call' && point.operation === 'RunTask';
  const desired = desiredCounts(point, random);
  scheduler.desiredWorkers = desired[0]?.[0] ?? 0;

  const daemon = testBed.start();
  const isReached = armKillPoint(lane, daemon, point);
  const ended = new AbortController();
  const pause = (ms: number) =>
    sleep(ms, undefined, { signal: ended.signal }).catch(() => undefined);
  const changeDesiredWorkers = async () => {
    for (const [workers, ms] of desired) {
      if (ended.signal.aborted) return;
      scheduler.desiredWorkers = workers;
      await pause(ms);
    }
  };
  const publishMonitor = async () => {
    while (!ended.signal.aborted) {
      publishWorkers(lane, (await emulator.ledger()).tasks, () => (random.chance(0.3) ? 1 : 0));
      await pause(400);
    }
  };
  const applyTaskFaults = async () => {
    await pause(needsLaunches ? 0 : random.int(500, 4000));
    const ownTasks = (await testBed.ownTasks()).filter(
      (task) => isAlive(task) && !lane.foreignTasks?.includes(task),
    );
    for (const { taskArn } of ownTasks.slice(0, needsLaunches ? 4 : random.int(0, 2)))
      await emulator.applyFault(
        taskArn,
        lane.kills < 6 && random.chance(0.3) ? 'vanish' : random.pick(taskFaults),
      );
  };
  const background = [changeDesiredWorkers(), publishMonitor(), applyTaskFaults()];
  const outcome = await Promise.race([
    isReached.then(() => 'reached'),
    pause(maxRunMs(point)).then(() => 'missed'),
    daemon.ended.then(() => 'ended'),
  ]);
  // After a kill, `isReached` and the exit of the process may be observed in either order.
  const exitedByItself = daemon.exit && daemon.exit.signal !== 'SIGKILL';
  ended.abort();
  if (exitedByItself)
    testBed.check(false, `the daemon runs until it is killed (${JSON.stringify(daemon.exit)})`);
  await testBed.kill(daemon);
  await Promise.all(background);
  testBed.state.onWrite = null;
  lane.kills++;
  (outcome === 'missed' ? lane.missed : lane.reached).push(pointText(point));
  if (outcome === 'missed' && !withoutFaults) lane.retries.push(point);
  const damageText =
    damage.kind === 'lost' ? ', journal lost' : isTruncated ? ', journal truncated' : '';
  testBed.print(
    `kill ${lane.kills}: ${pointText(point)}${outcome === 'missed' ? ' (not reached)' : ''}, ${profile.name}${damageText}`,
  );
  if (lane.foreignTasks !== null || !(await emulator.ledger()).executed.RegisterTaskDefinition)
    return;
  await emulator.setFaults([]);
  lane.foreignTasks = await startForeignTasks(testBed);
}
