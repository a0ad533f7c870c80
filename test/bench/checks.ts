import { setTimeout as sleep } from 'node:timers/promises';
import type { LedgerView } from '../../src/emulator/ledger.ts';
import { cpuWatchMs, launchAll, silenceGoal } from './benches/launch.ts';
import { registerAll, silenceGoal as registerSilenceGoal } from './benches/register.ts';
import type { Amounts, Check } from './checkLimits.ts';
import { startChild } from './child.ts';
import { cpuSeconds } from './process.ts';
import type { ReferenceEvent, ReferenceRequest } from './reference.ts';
import { cpuMeter, cpuOfEnd, Stage, unlimited, untilCalm } from './stage.ts';

/** What other work of the machine may add to a pause between heartbeats, s. */
const jitter = 0.1;

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

/**
 * Measures between two runs of the reference, and further ones where `again` is called. Adds their mean: other work of
 * the machine lasts for a while, and makes both slow.
 */
async function besideReference<T>(
  run: (again: () => Promise<void>) => Promise<T>,
): Promise<T & { reference: number }> {
  const seconds: number[] = [];
  const again = async () => void seconds.push(await referenceSeconds());
  await again();
  const found = await run(again);
  await again();
  return { ...found, reference: seconds.reduce((sum, one) => sum + one, 0) / seconds.length };
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
/** Some ten seconds have a full garbage collection, and others have none. */
const busyMs = 40_000;

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
    const busy = (10_000 * busyCpu()) / busyMs;
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

export interface CheckSet {
  /** One measurement of this build, or of another one. */
  measure(program?: string): Promise<Amounts>;
  checks: readonly (Check & { value(least: Amounts): number })[];
}

/** What is measured together, and what is checked of the least of each amount. */
const checkSet = <A extends Amounts>(set: {
  measure(program?: string): Promise<A>;
  checks: readonly (Check & { value(least: A): number })[];
}): CheckSet => set;

export const checkSets: readonly CheckSet[] = [
  checkSet({
    async measure(program) {
      const few = await besideReference(() => launchAndEnd(1000, program));
      const many = await onStage(program, (stage) =>
        launchAll(stage, { groups: 5000, ...launching, watchMs: cpuWatchMs }),
      );
      const { calls, silence, logKb, cpu, endCpu, reference } = few;
      return { calls, silence, logKb, cpu, endCpu, reference, cpuOfMany: many.cpu };
    },
    checks: [
      {
        ...{ what: '1,000 groups: RunTask calls', unit: 'calls', most: 105 },
        value: ({ calls }) => calls,
      },
      {
        ...{ what: '1,000 groups: longest pause between heartbeats', unit: 's' },
        most: silenceGoal + jitter,
        value: ({ silence }) => silence,
      },
      { what: '1,000 groups: log at INFO', unit: 'KB', value: ({ logKb }) => logKb },
      {
        ...{ what: '1,000 groups: CPU of the launch', unit: reference },
        value: ({ cpu, reference }) => cpu / reference,
      },
      {
        ...{ what: '5,000 groups: CPU of the launch of a group beside 1,000', unit: 'times' },
        value: ({ cpuOfMany, cpu }) => cpuOfMany / 5 / cpu,
      },
      {
        ...{ what: '1,000 groups: CPU of an orderly end', unit: reference },
        value: ({ endCpu, reference }) => endCpu / reference,
      },
    ],
  }),
  checkSet({
    async measure(program) {
      const { cpu, silence, reference } = await besideReference(() =>
        onStage(program, (stage) =>
          registerAll(stage, { tasks: 4000, workersPerTask: 4, nodeArgs: [], isProbed: false }),
        ),
      );
      return { cpu, silence, reference };
    },
    checks: [
      {
        ...{ what: '16,000 workers register: CPU', unit: reference },
        value: ({ cpu, reference }) => cpu / reference,
      },
      {
        ...{ what: '16,000 workers register: longest pause between heartbeats', unit: 's' },
        most: registerSilenceGoal + jitter,
        value: ({ silence }) => silence,
      },
    ],
  }),
  checkSet({
    measure: (program) => besideReference((again) => liveThrough(3000, program, again)),
    checks: [
      { what: '3,000 groups: heap of a group', unit: 'KB', value: ({ heapKb }) => heapKb },
      {
        ...{ what: '3,000 groups, calm: CPU of half a minute', unit: reference },
        value: ({ calm, reference }) => calm / reference,
      },
      {
        ...{ what: '3,000 groups take and finish tasks: CPU of ten seconds', unit: reference },
        value: ({ busy, reference }) => busy / reference,
      },
      {
        ...{ what: '1,000 of 3,000 idle groups are ended: CPU', unit: reference },
        value: ({ down, reference }) => down / reference,
      },
    ],
  }),
];
