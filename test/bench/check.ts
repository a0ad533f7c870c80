/**
 * Fails when what a noisy machine can hold falls behind by more than a fifth: CPU time beside that of a process of fixed
 * work in the same run (reference.ts), its growth with the fleet, memory, the log; and when calls or the pause
 * between heartbeats pass a limit of their own. What fails is measured up to four times; the best of each counts.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { LedgerView } from '../../src/emulator/ledger.ts';
import { cpuWatchMs, launchAll, silenceGoal } from './benches/launch.ts';
import { registerAll, silenceGoal as registerSilenceGoal } from './benches/register.ts';
import {
  type Check,
  limitOf,
  misfits,
  type StoredCheck,
  type StoredChecks,
  storedAfter,
} from './checkLimits.ts';
import { startChild } from './child.ts';
import { cpuSeconds } from './process.ts';
import type { ReferenceEvent, ReferenceRequest } from './reference.ts';
import { cpuMeter, cpuOfEnd, Stage, unlimited, untilCalm } from './stage.ts';
import { shown } from './statistics.ts';

const tries = 4;
/** What other work of the machine may add to a pause between heartbeats, s. */
const jitter = 0.1;
const storedFile = new URL('./checked.json', import.meta.url);
const stored: StoredChecks = JSON.parse(readFileSync(storedFile, 'utf8'));

/** CPU time of the process of fixed work, s. */
async function referenceSeconds(): Promise<number> {
  const child = startChild<ReferenceRequest, ReferenceEvent>(
    new URL('./reference.ts', import.meta.url),
  );
  try {
    await child.waitFor('ready');
    const before = cpuSeconds(child.pid);
    child.send({ ask: 'work' });
    await child.waitFor('done');
    return cpuSeconds(child.pid) - before;
  } finally {
    await child.kill();
  }
}

/** Measures between two runs of the reference, and further ones where `again` is called; tells their mean. */
async function besideReference<T>(
  run: (again: () => Promise<void>) => Promise<T>,
): Promise<{ found: T; reference: number }> {
  const seconds: number[] = [];
  const again = async () => void seconds.push(await referenceSeconds());
  await again();
  const found = await run(again);
  await again();
  return { found, reference: seconds.reduce((sum, one) => sum + one, 0) / seconds.length };
}

async function onStage<T>(run: (stage: Stage) => Promise<T>): Promise<T> {
  const stage = new Stage({ name: 'ours' });
  try {
    return await run(stage);
  } finally {
    await stage.close();
  }
}

const launching = { quotas: false, latencyMs: 0, nodeArgs: [] };

/** A launch, and an orderly end of the program while all its groups run. */
const launchAndEnd = (groups: number) =>
  onStage(async (stage) => {
    const launched = await launchAll(stage, { groups, ...launching });
    await untilCalm(launched.manager.pid);
    return { ...launched, endCpu: await cpuOfEnd(launched.manager) };
  });

/** Long enough for what the daemon does every half minute. */
const calmMs = 30_000;
const busyMs = 10_000;

/** A fleet that is launched, does nothing, works, and of which a third is ended. CPU times in s. */
const liveThrough = (groups: number, again: () => Promise<void>) =>
  onStage(async (stage) => {
    const emulator = await stage.emulator();
    const scheduler = await stage.scheduler();
    const args = [...unlimited, '--scale-down-cooldown-seconds', '0'];
    const manager = stage.manager({ emulator, scheduler, args, isProbed: 'heap' });
    await emulator.until('our tasks are listed', ({ calls }) => (calls.ListTasks ?? 0) > 0);
    await sleep(1500);
    const heapBefore = (await manager.probe()).heapMb;
    await scheduler.desire(groups, true);
    const { tasks } = await emulator.until('all are there', (l) => l.tasks.length >= groups);
    const taskIds = tasks.map(({ taskId }) => taskId);
    await scheduler.show({ ask: 'list', taskIds, each: 1 });
    await untilCalm(manager.pid);
    const heapKb = (1024 * ((await manager.probe()).heapMb - heapBefore)) / groups;
    await again();
    const calmCpu = cpuMeter(manager.pid);
    await sleep(calmMs);
    const calm = calmCpu();
    await scheduler.show({ ask: 'list', taskIds, each: 1, isAtWork: true });
    await sleep(1000);
    const busyCpu = cpuMeter(manager.pid);
    await sleep(busyMs);
    const busy = busyCpu();
    await scheduler.show({ ask: 'list', taskIds, each: 1 });
    await untilCalm(manager.pid);
    await again();
    const downCpu = cpuMeter(manager.pid);
    const kept = (2 * groups) / 3;
    await scheduler.desire(kept, true);
    const ledger = await emulator.until('a third is stopped', (l) => runningOf(l).length <= kept);
    await scheduler.show({ ask: 'list', taskIds: runningOf(ledger), each: 1 });
    await sleep(3000);
    await untilCalm(manager.pid);
    return { heapKb, calm, busy, down: downCpu() };
  });

const runningOf = ({ tasks }: LedgerView): string[] =>
  tasks.filter(({ desiredStatus }) => desiredStatus !== 'STOPPED').map(({ taskId }) => taskId);

const reference = 'times the reference';
/** What is measured together. */
interface Group {
  checks: readonly Check[];
  /** A value for each of the checks. */
  measure(): Promise<number[]>;
}

const groups: readonly Group[] = [
  {
    checks: [
      { what: '1,000 groups: RunTask calls', unit: 'calls', most: 105 },
      {
        what: '1,000 groups: longest pause between heartbeats',
        unit: 's',
        most: silenceGoal + jitter,
      },
      { what: '1,000 groups: log at INFO', unit: 'KB' },
      { what: '1,000 groups: CPU of the launch', unit: reference },
      { what: '5,000 groups: CPU of the launch of a group beside 1,000', unit: 'times' },
      { what: '1,000 groups: CPU of an orderly end', unit: reference },
    ],
    async measure() {
      const { found: few, reference } = await besideReference(() => launchAndEnd(1000));
      const many = await onStage((stage) =>
        launchAll(stage, { groups: 5000, ...launching, watchMs: cpuWatchMs }),
      );
      return [
        few.calls,
        few.silence,
        few.logKb,
        few.cpu / reference,
        many.cpu / 5 / few.cpu,
        few.endCpu / reference,
      ];
    },
  },
  {
    checks: [
      { what: '16,000 workers register: CPU', unit: reference },
      {
        what: '16,000 workers register: longest pause between heartbeats',
        ...{ unit: 's', most: registerSilenceGoal + jitter },
      },
    ],
    async measure() {
      const { found, reference } = await besideReference(() =>
        onStage((stage) =>
          registerAll(stage, { tasks: 4000, workersPerTask: 4, nodeArgs: [], isProbed: false }),
        ),
      );
      return [found.cpu / reference, found.silence];
    },
  },
  {
    checks: [
      { what: '3,000 groups: heap of a group', unit: 'KB' },
      { what: '3,000 groups, calm: CPU of half a minute', unit: reference },
      { what: '3,000 groups take and finish tasks: CPU of ten seconds', unit: reference },
      { what: '1,000 of 3,000 idle groups are ended: CPU', unit: reference },
    ],
    async measure() {
      const { found, reference } = await besideReference((again) => liveThrough(3000, again));
      return [found.heapKb, found.calm / reference, found.busy / reference, found.down / reference];
    },
  },
];

const { values: options } = parseArgs({
  options: {
    /** Measures as often as it may, and stores what is better than before. */
    store: { type: 'boolean', default: false },
    /** As well what is worse, for this reason. */
    raise: { type: 'string' },
  },
});
const isStoring = options.store || options.raise !== undefined;
const found: Record<string, number> = {};
let failed = 0;
let passed = 0;

/** Measures until each value is good enough. */
async function check({ checks, measure }: Group): Promise<void> {
  const best = checks.map(() => Number.POSITIVE_INFINITY);
  const isGood = (each: Check, i: number) =>
    (best[i] ?? Number.POSITIVE_INFINITY) <= limitOf(each, stored);
  for (let i = 0; i < tries && (isStoring || !checks.every(isGood)); i++)
    for (const [k, value] of (await measure()).entries())
      best[k] = Math.min(best[k] ?? Number.POSITIVE_INFINITY, value);
  for (const [i, each] of checks.entries()) {
    const value = best[i] ?? Number.NaN;
    const isMet = isGood(each, i);
    if (each.most === undefined) found[each.what] = value;
    if (isMet) passed++;
    else failed++;
    const { raised }: Partial<StoredCheck> = stored[each.what] ?? {};
    const why = raised === undefined ? '' : ` (raised: ${raised})`;
    process.stdout.write(
      `${isMet ? 'ok    ' : 'BEHIND'} ${each.what}: ${shown(value)} of ${shown(limitOf(each, stored))} ${each.unit}${why}\n`,
    );
  }
}

const wrong = misfits(
  groups.flatMap(({ checks }) => checks),
  stored,
);
for (const line of wrong) process.stdout.write(`BEHIND ${line}\n`);
if (wrong.length > 0 && !isStoring) process.exit(1);

for (const group of groups) await check(group);
if (isStoring) {
  const kept = storedAfter(found, stored, options.raise);
  writeFileSync(storedFile, `${JSON.stringify(kept, null, 2)}\n`);
  process.stdout.write('stored\n');
} else {
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exitCode = failed > 0 ? 1 : 0;
}
