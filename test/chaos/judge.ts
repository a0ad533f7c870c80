import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from './cloud.ts';
import { cap, type Lane, showWorkers } from './lane.ts';

export interface Verdict {
  /** Ours, running, and more than wanted or in no book of the daemon's. */
  leaked: number;
  /** Bought twice, or alive beyond what is allowed and AWS itself doubled. */
  duplicated: number;
  /** Wanted and not running. */
  lost: number;
}

/** A vanished task is believed to be gone after a minute, and a stuck one after its deadline. */
const settleLimit = 110_000;
/** So long it must stay as it should be: more than one sweep. */
const calmMs = 8000;

const look = async (lane: Lane) => {
  const { world, strangers } = lane;
  const ours = (await world.ours()).filter((task) => !strangers?.isOne(task));
  const living = ours.filter(isAlive);
  const running = living.filter(({ lastStatus }) => lastStatus === 'RUNNING').length;
  showWorkers(lane, ours, () => 0);
  const ledger = world.state.ledger();
  const owned = new Set(ledger.groups().map(({ taskArn }) => taskArn));
  const unowned = living.filter(({ taskArn }) => !owned.has(taskArn)).length;
  const gone = owned.size - (living.length - unowned);
  const open = ledger.openLaunches().length;
  return { ours, living: living.length, running, unowned, gone, open };
};

/** No more faults, a steady wish, one last life: then AWS's books must say what the scheduler wanted. */
export async function judge(lane: Lane, wanted: number): Promise<Verdict> {
  const { world, audit, strangers } = lane;
  await world.cloud.faults([]);
  world.scheduler.wanted = wanted;
  world.proxy.watch = (passing) => {
    audit.see(passing);
    return false;
  };
  const daemon = world.start();
  const begun = performance.now();
  let calmSince: number | null = null;
  let seen = await look(lane);
  for (;;) {
    const now = performance.now();
    const right = seen.living === wanted && seen.running === wanted && seen.unowned === 0;
    // A task that vanished is in its books until it is certain that it has not come late.
    calmSince = right && seen.open + seen.gone === 0 ? (calmSince ?? now) : null;
    if ((calmSince !== null && now - calmSince > calmMs) || now - begun > settleLimit) break;
    await sleep(250);
    seen = await look(lane);
  }
  const seconds = Math.round((performance.now() - begun) / 1000);
  world.note(
    `settled after ${seconds} s: ${seen.running} run, ${wanted} wanted, ${seen.gone} gone and not forgotten, ${seen.open} launches open`,
  );

  world.check(seen.gone === 0, `what is gone is forgotten (${seen.gone})`);
  const { tasks, peakAlive } = await world.cloud.ledger();
  const doubled = audit.doubled(seen.ours);
  for (const fault of doubled) world.check(false, fault);
  const impostors = strangers === null ? 0 : 1;
  const peak = (peakAlive[world.mark] ?? 0) - impostors;
  const allowed = cap + audit.ghosts(seen.ours);
  world.check(
    peak <= allowed,
    `never more than allowed: ${peak} at most, ${allowed} with ECS's ghosts`,
  );
  const touched = (await strangers?.touched()) ?? [];
  world.check(touched.length === 0, `strangers are left alone (${touched})`);
  const log = await world.log();
  world.check(!/"(daemon|actor)\.crashed"/.test(log), 'no actor crashed');

  const end = await world.stop(daemon, 40_000);
  world.check(end.code === 0, `SIGTERM ends it with status 0 (${JSON.stringify(end)})`);
  const left = await look(lane);
  world.check(left.living === 0, `and nothing of ours is left (${left.living})`);
  world.note(`${tasks.length} tasks in all`);
  return {
    leaked: Math.max(seen.living - wanted, seen.unowned),
    duplicated: doubled.length + Math.max(0, peak - allowed),
    lost: Math.max(0, wanted - seen.running),
  };
}
