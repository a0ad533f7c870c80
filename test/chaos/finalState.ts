import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from './emulator.ts';
import { type Lane, maxTasks, publishWorkers } from './lane.ts';

export interface Verdict {
  /** Ours, running, and more than wanted or in no book of the daemon's. */
  leaked: number;
  /** Bought twice, or alive beyond what is allowed and AWS itself doubled. */
  duplicated: number;
  /** Wanted and not running. */
  lost: number;
}

/** A vanished task is believed to be gone after a minute, and a stuck one after its deadline. */
const settleLimitMs = 110_000;
/** So long it must stay as it should be: more than one sweep. */
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

/** No more faults, a steady wish, one last life: then AWS's books must say what the scheduler wanted. */
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
    // A task that vanished is in its books until it is certain that it has not come late.
    stableSince =
      isAsDesired && observed.openLaunches + observed.missing === 0 ? (stableSince ?? now) : null;
    if ((stableSince !== null && now - stableSince > stableMs) || now - startedAt > settleLimitMs)
      break;
    await sleep(250);
    observed = await observe(lane);
  }
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  testBed.print(
    `settled after ${seconds} s: ${observed.running} run, ${desired} wanted, ${observed.missing} gone and not forgotten, ${observed.openLaunches} launches open`,
  );

  testBed.check(observed.missing === 0, `what is gone is forgotten (${observed.missing})`);
  const { tasks, peakAlive } = await testBed.emulator.ledger();
  const duplicates = audit.duplicates(observed.ownTasks);
  for (const fault of duplicates) testBed.check(false, fault);
  const sameTagTasks = foreignTasks === null ? 0 : 1;
  const peak = (peakAlive[testBed.ownershipTag] ?? 0) - sameTagTasks;
  const allowed = maxTasks + audit.unreported(observed.ownTasks);
  testBed.check(
    peak <= allowed,
    `never more than allowed: ${peak} at most, ${allowed} with ECS's ghosts`,
  );
  const affected = (await foreignTasks?.affected()) ?? [];
  testBed.check(affected.length === 0, `foreign tasks are unchanged (${affected})`);
  const log = await testBed.readLog();
  testBed.check(!/"(daemon|actor)\.crashed"/.test(log), 'no actor crashed');

  const end = await testBed.stop(daemon, 40_000);
  testBed.check(end.code === 0, `SIGTERM ends it with status 0 (${JSON.stringify(end)})`);
  const remaining = await observe(lane);
  testBed.check(remaining.alive === 0, `and nothing of ours is left (${remaining.alive})`);
  testBed.print(`${tasks.length} tasks in all`);
  return {
    leaked: Math.max(observed.alive - desired, observed.unrecorded),
    duplicated: duplicates.length + Math.max(0, peak - allowed),
    lost: Math.max(0, desired - observed.running),
  };
}
