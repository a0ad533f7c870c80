/**
 * Fails when what a noisy machine can hold falls behind by more than a fifth: CPU time beside that of a process of fixed
 * work in the same run (reference.ts), its growth with the fleet, memory, the log; and when calls or the pause
 * between heartbeats pass a limit of their own. What fails is measured up to four times; the best of each counts.
 * With --beside COMMIT that commit is built as well and measured in turn with this one, three times each: then what has
 * a value of its own fails when its best is a fifth more than the best of that commit.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LedgerView } from '../../src/emulator/ledger.ts';
import { readOptions, refuse } from '../support/commandLine.ts';
import { cpuWatchMs, launchAll, silenceGoal } from './benches/launch.ts';
import { registerAll, silenceGoal as registerSilenceGoal } from './benches/register.ts';
import {
  type Check,
  limitBeside,
  limitOf,
  misfits,
  type StoredCheck,
  type StoredChecks,
  storedAfter,
} from './checkLimits.ts';
import { startChild } from './child.ts';
import { buildCommit, commitNamed } from './commitBuild.ts';
import { cpuSeconds } from './process.ts';
import type { ReferenceEvent, ReferenceRequest } from './reference.ts';
import { cpuMeter, cpuOfEnd, Stage, unlimited, untilCalm } from './stage.ts';
import { shown } from './statistics.ts';

const tries = 4;
/** How often each of two builds is measured. */
const pairs = 3;
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

/** `program`: of another build than that in dist. */
async function onStage<T>(
  program: string | undefined,
  run: (stage: Stage) => Promise<T>,
): Promise<T> {
  const stage = new Stage({ name: 'ours', program });
  try {
    return await run(stage);
  } finally {
    await stage.close();
  }
}

const launching = { quotas: false, latencyMs: 0, nodeArgs: [] };

/** A launch, and an orderly end of the program while all its groups run. */
const launchAndEnd = (groups: number, program: string | undefined) =>
  onStage(program, async (stage) => {
    const launched = await launchAll(stage, { groups, ...launching });
    await untilCalm(launched.manager.pid);
    return { ...launched, endCpu: await cpuOfEnd(launched.manager) };
  });

/** Long enough for what the daemon does every half minute. */
const calmMs = 30_000;
const busyMs = 10_000;

/** A fleet that is launched, does nothing, works, and of which a third is ended. CPU times in s. */
const liveThrough = (groups: number, program: string | undefined, again: () => Promise<void>) =>
  onStage(program, async (stage) => {
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
  measure(program?: string): Promise<number[]>;
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
    async measure(program) {
      const { found: few, reference } = await besideReference(() => launchAndEnd(1000, program));
      const many = await onStage(program, (stage) =>
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
    async measure(program) {
      const { found, reference } = await besideReference(() =>
        onStage(program, (stage) =>
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
    async measure(program) {
      const { found, reference } = await besideReference((again) =>
        liveThrough(3000, program, again),
      );
      return [found.heapKb, found.calm / reference, found.busy / reference, found.down / reference];
    },
  },
];

const usage = 'usage: npm run bench:check [-- --store | --raise REASON | --beside COMMIT]';
const { values: options } = readOptions(usage, {
  options: {
    /** Measures as often as it may, and stores what is better than before. */
    store: { type: 'boolean', default: false },
    /** As well what is worse, for this reason. */
    raise: { type: 'string' },
    /** Measures this commit as well, and compares. */
    beside: { type: 'string' },
  },
});
const isStoring = options.store || options.raise !== undefined;
if (isStoring && options.beside !== undefined) refuse(usage, '--beside stores nothing');
const found: Record<string, number> = {};
let failed = 0;
let passed = 0;

function tell({ what, unit }: Check, value: number, limit: number, words: string): void {
  const isMet = value <= limit;
  if (isMet) passed++;
  else failed++;
  const verdict = isMet ? 'ok    ' : 'BEHIND';
  process.stdout.write(`${verdict} ${what}: ${shown(value)} of ${shown(limit)} ${unit}${words}\n`);
}

/** The least of the values of each check, over these measurements. */
const bestOf = (measured: readonly number[][], checks: readonly Check[]): number[] =>
  checks.map((_, i) => Math.min(...measured.map((values) => values[i] ?? Number.NaN)));

/** Measures until each value is good enough. */
async function check({ checks, measure }: Group): Promise<void> {
  const measured: number[][] = [];
  const isGood = () =>
    bestOf(measured, checks).every((value, i) => value <= limitOf(checks[i] as Check, stored));
  while (measured.length < tries && (isStoring || !isGood())) measured.push(await measure());
  for (const [i, value] of bestOf(measured, checks).entries()) {
    const each = checks[i] as Check;
    if (each.most === undefined) found[each.what] = value;
    const { raised }: Partial<StoredCheck> = stored[each.what] ?? {};
    tell(each, value, limitOf(each, stored), raised === undefined ? '' : ` (raised: ${raised})`);
  }
}

/** Measures two builds in turn: what else the machine does slows down both. */
async function compare({ checks, measure }: Group, program: string): Promise<void> {
  const [ours, others]: [number[][], number[][]] = [[], []];
  for (let i = 0; i < pairs; i++) {
    ours.push(await measure());
    others.push(await measure(program));
  }
  const other = bestOf(others, checks);
  for (const [i, value] of bestOf(ours, checks).entries()) {
    const [each, beside] = [checks[i] as Check, other[i] ?? Number.NaN];
    tell(each, value, limitBeside(each, beside), `; ${shown(beside)} at ${options.beside}`);
  }
}

async function compareWith(name: string): Promise<void> {
  const commit = commitNamed(name);
  if (commit === null) refuse(usage, `there is no commit ${name}`);
  const { program, remove } = buildCommit(commit);
  try {
    for (const group of groups) await compare(group, program);
  } finally {
    remove();
  }
}

async function checkAll(): Promise<void> {
  const wrong = misfits(
    groups.flatMap(({ checks }) => checks),
    stored,
  );
  for (const line of wrong) process.stdout.write(`BEHIND ${line}\n`);
  if (wrong.length > 0 && !isStoring) process.exit(1);
  for (const group of groups) await check(group);
}

await (options.beside === undefined ? checkAll() : compareWith(options.beside));
if (isStoring) {
  writeFileSync(
    storedFile,
    `${JSON.stringify(storedAfter(found, stored, options.raise), null, 2)}\n`,
  );
  process.stdout.write('stored\n');
} else {
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exitCode = failed > 0 ? 1 : 0;
}
