/**
 * Fails when what a noisy machine can hold falls behind by more than a fifth: calls, CPU time beside a loop of fixed
 * work in the same run, its growth with the fleet, and memory. Each is measured up to four times; the best one counts.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { launchAll, silenceGoal } from './benches/launch.ts';
import { registerAll } from './benches/register.ts';
import { type Check, limitOf, type StoredChecks, thisMachine } from './checkLimits.ts';
import { cpuMeter, Stage, unlimited, untilCalm } from './stage.ts';
import { quantile, shown } from './statistics.ts';

const tries = 4;
const storedFile = new URL('./checked.json', import.meta.url);
const stored: StoredChecks = JSON.parse(readFileSync(storedFile, 'utf8'));
const machine = thisMachine();
/** With `--store`: measures as often as it may, and keeps the best values for this machine. */
const isStoring = process.argv.includes('--store');
const found: Record<string, number> = {};

/**
 * CPU time of work that never changes, ms. It allocates and reads memory as the daemon does, because other load on the
 * machine slows that down more than arithmetic.
 */
function loopMs(): number {
  const before = process.cpuUsage();
  const words = new Map<string, { n: number; text: string }>();
  for (let i = 0; i < 150_000; i++) {
    const key = `key-${i % 30_000}`;
    const known = words.get(key);
    words.set(key, { n: (known?.n ?? 0) + i, text: JSON.stringify({ key, i }) });
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Measures, and tells how long such a loop took meanwhile, so that a slow machine does not matter. */
async function besideLoops<T>(run: () => Promise<T>): Promise<{ found: T; referenceMs: number }> {
  const times = [loopMs()];
  const each = setInterval(() => times.push(loopMs()), 500);
  try {
    return { found: await run(), referenceMs: quantile(times, 0.5) };
  } finally {
    clearInterval(each);
  }
}

async function onStage<T>(run: (stage: Stage) => Promise<T>): Promise<T> {
  const stage = new Stage({ name: 'ours' });
  try {
    return await run(stage);
  } finally {
    await stage.close();
  }
}

const launched = (groups: number) =>
  onStage((stage) => launchAll(stage, { groups, quotas: false, latencyMs: 0, nodeArgs: [] }));

/** Heap of a group, KB. */
const heapOfGroup = (groups: number) =>
  onStage(async (stage) => {
    const emulator = await stage.emulator();
    const scheduler = await stage.scheduler();
    const manager = stage.manager({ emulator, scheduler, args: unlimited, isProbed: true });
    await emulator.until('our tasks are listed', ({ calls }) => (calls.ListTasks ?? 0) > 0);
    await sleep(1500);
    const before = await manager.probe();
    await scheduler.desire(groups, true);
    await emulator.until('all run', ({ tasks }) => tasks.length >= groups);
    await untilCalm(manager.pid);
    const after = await manager.probe();
    return (1024 * (after.heapMb - before.heapMb)) / groups;
  });

/** CPU of a core while nothing happens, in reference loops a minute. */
const steady = (groups: number) =>
  onStage(async (stage) => {
    const emulator = await stage.emulator();
    const scheduler = await stage.scheduler({ workers: groups });
    const manager = stage.manager({ emulator, scheduler, args: unlimited });
    const { tasks } = await emulator.until('all run', (l) => l.tasks.length >= groups);
    const taskIds = tasks.map(({ taskId }) => taskId);
    await scheduler.show({ ask: 'list', taskIds, each: 1 });
    await untilCalm(manager.pid);
    await sleep(10_000);
    const { found: seconds, referenceMs } = await besideLoops(async () => {
      const cpu = cpuMeter(manager.pid);
      await sleep(15_000);
      return cpu();
    });
    return (4 * 1000 * seconds) / referenceMs;
  });

let failed = 0;
let passed = 0;
if (!stored[machine] && !isStoring)
  process.stdout.write(
    `nothing is stored for ${machine}: compared with what several machines showed; npm run bench:check -- --store keeps the values of this one\n`,
  );

/** Measures until the value is good enough. Each check takes the next of the values. */
async function check(checks: readonly Check[], measure: () => Promise<number[]>): Promise<void> {
  const best = checks.map(() => Number.POSITIVE_INFINITY);
  const isGood = (each: Check, i: number) =>
    (best[i] ?? Number.POSITIVE_INFINITY) <= limitOf(each, machine, stored);
  for (let i = 0; i < tries && (isStoring || !checks.every(isGood)); i++)
    for (const [k, value] of (await measure()).entries())
      best[k] = Math.min(best[k] ?? Number.POSITIVE_INFINITY, value);
  for (const [i, each] of checks.entries()) {
    const limit = limitOf(each, machine, stored);
    const isMet = isGood(each, i);
    if (!each.exact) found[each.what] = Number((best[i] ?? Number.NaN).toPrecision(3));
    if (isMet) passed++;
    else failed++;
    process.stdout.write(
      `${isMet ? 'ok    ' : 'BEHIND'} ${each.what}: ${shown(best[i] ?? Number.NaN)} of ${shown(limit)} ${each.unit}\n`,
    );
  }
}

await check(
  [
    { what: '1,000 groups: RunTask calls', usual: 105, unit: 'calls', exact: true },
    { what: '1,000 groups: longest pause between heartbeats', usual: silenceGoal, unit: 's' },
    { what: '1,000 groups: log at INFO', usual: 18, unit: 'KB' },
    { what: '1,000 groups: CPU of the launch', usual: 22, unit: 'reference loops' },
    { what: '5,000 groups: CPU a group beside 1,000', usual: 0.9, unit: 'times' },
  ],
  async () => {
    const { found: few, referenceMs } = await besideLoops(() => launched(1000));
    const many = await launched(5000);
    return [
      few.calls,
      few.silence,
      few.logKb,
      (1000 * few.cpu) / referenceMs,
      many.cpu / 5 / few.cpu,
    ];
  },
);
await check([{ what: '2,000 groups: heap of a group', usual: 5.5, unit: 'KB' }], async () => [
  await heapOfGroup(2000),
]);
await check(
  [
    { what: '16,000 workers register: CPU', usual: 30, unit: 'reference loops' },
    { what: '16,000 workers register: longest pause between heartbeats', usual: 2.1, unit: 's' },
  ],
  async () => {
    const { found, referenceMs } = await besideLoops(() =>
      onStage((stage) =>
        registerAll(stage, { tasks: 4000, workersPerTask: 4, nodeArgs: [], isProbed: false }),
      ),
    );
    return [(1000 * found.cpu) / referenceMs, found.silence];
  },
);
await check(
  [{ what: '3,000 groups, calm: CPU', usual: 45, unit: 'reference loops a minute' }],
  async () => [await steady(3000)],
);

if (isStoring) {
  writeFileSync(storedFile, `${JSON.stringify({ ...stored, [machine]: found }, null, 2)}\n`);
  process.stdout.write(`stored for ${machine}\n`);
} else {
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exitCode = failed > 0 ? 1 : 0;
}
