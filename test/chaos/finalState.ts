import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from './emulator.ts';
import { type Lane, maxTasks, publishWorkers } from './lane.ts';

export interface Verdict {
  /** Running tasks of the daemon beyond the desired number or missing in its journal. */
  leaked: number;
  /** Tasks without a request, or running beyond the cap plus those that AWS reported as failures. */
  duplicated: number;
  /** Desired tasks that do not run. */
  lost: number;
}

/** The daemon gives up a vanished task after a minute, and a stuck one after its start deadline. */
const settleLimitMs = 110_000;
/** How long the desired state must last: longer than the interval between inventories. */
const stableMs = 8000;

async function observe(lane: Lane) {
  const { testBed, foreignTasks } = lane;
  const ownTasks = (await testBed.ownTasks()).filter((task) => !foreignTasks?.includes(task));
  const alive = ownTasks.filter(isAlive);
  const running = alive.filter(({ lastStatus }) => lastStatus === 'RUNNING').length;
  publishWorkers(lane, ownTasks, () => 0);
  const ledger = testBed.state.ledger();
  const recorded = new Set(ledger.groups().map(({ taskArn }) => taskArn));
  const unrecorded = alive.filter(({ taskArn }) => !recorded.has(taskArn)).length;
  const missing = recorded.size - (alive.length - unrecorded);
  const openLaunches = ledger.openLaunches().length;
  return {
    ownTasks,
    alive: alive.length,
    running,
    unrecorded,
    missing,
    openLaunches,
  };
}

/** Runs the daemon without faults and with a constant desired number of workers, until AWS shows that number, and checks the final state. Stops the daemon. */
export async function verifyFinalState(lane: Lane, desired: number): Promise<Verdict> {
  const { testBed, audit, foreignTasks } = lane;
  await testBed.emulator.setFaults([]);
  testBed.scheduler.desiredWorkers = desired;
  testBed.proxy.onCall = (call) => {
    audit.record(call);
    return false;
  };
  const daemon = testBed.start();
  const startedAt = performance.now();
  let stableSince: number | null = null;
  let observed = await observe(lane);
  for (;;) {
    const now = performance.now();
    const isAsDesired =
      observed.alive === desired && observed.running === desired && observed.unrecorded === 0;
    // A vanished task stays in the journal until the daemon is certain that DescribeTasks is not merely late.
    stableSince =
      isAsDesired && observed.openLaunches + observed.missing === 0 ? (stableSince ?? now) : null;
    if ((stableSince !== null && now - stableSince > stableMs) || now - startedAt > settleLimitMs)
      break;
    await sleep(250);
    observed = await observe(lane);
  }
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  testBed.print(
    `settled after ${seconds} s: ${observed.running} running, ${desired} desired, ${observed.missing} vanished but still in the journal, ${observed.openLaunches} launches open`,
  );

  testBed.check(
    observed.missing === 0,
    `vanished tasks are removed from the journal (${observed.missing})`,
  );
  const { tasks, peakAlive } = await testBed.emulator.ledger();
  const duplicates = audit.duplicates(observed.ownTasks);
  for (const fault of duplicates) testBed.check(false, fault);
  const sameTagTasks = foreignTasks === null ? 0 : 1;
  const peak = (peakAlive[testBed.ownershipTag] ?? 0) - sameTagTasks;
  const allowed = maxTasks + audit.unreported(observed.ownTasks);
  testBed.check(
    peak <= allowed,
    `never more tasks than allowed: at most ${peak} of ${allowed}, including those that ECS reported as failures`,
  );
  const affected = (await foreignTasks?.affected()) ?? [];
  testBed.check(affected.length === 0, `foreign tasks are unchanged (${affected})`);
  const log = await testBed.readLog();
  testBed.check(!/"(daemon|actor)\.crashed"/.test(log), 'no actor crashed');

  const end = await testBed.stop(daemon, 40_000);
  testBed.check(
    end.code === 0,
    `the daemon exits with status 0 on SIGTERM (${JSON.stringify(end)})`,
  );
  const remaining = await observe(lane);
  testBed.check(remaining.alive === 0, `no task of the daemon is left (${remaining.alive})`);
  testBed.print(`${tasks.length} tasks in total`);
  return {
    leaked: Math.max(observed.alive - desired, observed.unrecorded),
    duplicated: duplicates.length + Math.max(0, peak - allowed),
    lost: Math.max(0, desired - observed.running),
  };
}
