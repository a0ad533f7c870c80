import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startMonitor } from '../../interop/monitor.ts';
import type { ScenarioContext } from '../../interop/scenarioContext.ts';
import { networkBackend, startScheduler } from '../../interop/scheduler.ts';
import type { Bench, BenchScale } from '../bench.ts';
import { withScaler } from '../realScheduler.ts';
import { type Stage, unlimited } from '../stage.ts';

const client = new URL('../workload/client.py', import.meta.url).pathname;
/** Where no release is measured against. */
const newest = '2.9.0';
const limitMs = 15 * 60_000;

/** The policy asks for a worker for each ten tasks, all at once. */
const tasksPerWorker = 10;

/** Resolves once the client has submitted all tasks to the scheduler. */
async function submit(context: ScenarioContext, address: string, tasks: number): Promise<void> {
  let isSubmitted = false;
  const running = context.processes.start({
    name: 'client',
    command: context.venv.python,
    args: [
      ...[client, address, '--record', join(context.dir, 'record')],
      ...['--tasks', `${tasks}`, '--sleep', '1'],
    ],
    cwd: context.dir,
    env: networkBackend(context),
    onLine: () => {
      isSubmitted = true;
    },
  });
  await context.waitFor('all tasks are submitted', 120_000, () => isSubmitted, [running]);
}

async function run(stage: Stage, context: ScenarioContext, { groups, nodeArgs }: BenchScale) {
  const all = groups ?? 1000;
  const scheduler = await startScheduler(context, 'scheduler', {
    engine: 'waterfall_v1',
    content: `1,bench,${all}`,
  });
  const monitor = await startMonitor(context, scheduler);
  const emulator = await stage.emulator({ latencyMs: 250 });
  await submit(context, scheduler.address, all * tasksPerWorker);
  await sleep(3000);
  const args = stage.side.name === 'ours' ? unlimited : [];
  stage.manager({ emulator, scheduler, args, nodeArgs });
  const { tasks } = await emulator.until(
    'all tasks are there',
    (ledger) => ledger.tasks.length >= all,
    limitMs / 2,
  );
  // A heartbeat more.
  await sleep(3000);
  if (monitor.longestUnheard < 0) throw new Error('the scheduler publishes no time of a heartbeat');
  const created = tasks.map(({ createdAt }) => createdAt);
  return {
    'witness.time': (Math.max(...created) - Math.min(...created)) / 1000,
    'witness.unheard': monitor.longestUnheard,
    'witness.dropped': monitor.dropped,
  };
}

/** The stand-in scheduler of the other benches, checked against a real one. */
export const witness: Bench = {
  name: 'witness',
  what: '1,000 workers at once from a real scheduler with the policy waterfall_v1, AWS answers after 250 ms',
  originalRounds: 1,
  rows: [
    {
      ...{ id: 'witness.time', what: 'from the first task to the last', unit: 's', goal: 0.6 },
      why: 'our CPU time, on two cores that are shared with the scheduler, which answers the client of 10,000 tasks meanwhile, and with the emulator',
    },
    {
      id: 'witness.unheard',
      what: 'the longest time since a heartbeat that the scheduler publishes, in whole seconds',
      unit: 's',
      goal: 2,
      why: 'the scheduler publishes whole seconds, and was itself busy; see launch-free.silence',
    },
    {
      id: 'witness.dropped',
      what: 'how often the scheduler has given the manager up',
      unit: '',
      goal: 0,
      why: 'the scheduler heard no heartbeat for 10 s',
    },
  ],
  run: (stage, scale) =>
    withScaler(
      {
        scaler: 'release' in stage.side ? stage.side.release : (scale.release ?? newest),
        manager: stage.side.name === 'ours' ? 'ours' : 'original',
        limitMs,
        note: () => {},
      },
      (context) => run(stage, context, scale),
    ),
};
