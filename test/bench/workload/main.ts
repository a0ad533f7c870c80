/** Compares managers by the work that a real scheduler gives them: `npm run bench -- work`. */
import { parseArgs } from 'node:util';
import { prepare } from '../realScheduler.ts';
import { type Load, type Measured, runLoad, type Side } from './run.ts';

const usage = `npm run bench -- work [options]

  --json                One JSON document
  --load a,b,c          Which loads: (a) many short tasks, (b) few long tasks, (c) bursts
  --scaler RELEASES     Comma-separated, usually 2.9.0,2.6.0
  --side SIDES          Some of ours,off,original; off is ours with scale_ahead off
  --boot SECONDS        From RunTask to RUNNING, usually 20
  --shrink N            Divides the tasks and the limit of (a) and (c), for a small machine; 1 is the full size
  --queue N             Tasks that the scheduler may queue at one worker (--per-worker-task-queue-size), usually 1000
  --tasks-per-worker N  tasks_per_worker of ours, usually 10
  --bursts N            How many bursts (c) has, usually 5
  --every SECONDS       From one burst of (c) to the next, usually 120
  --together            The sides of a load play at the same time, each with a scheduler and an emulator of its own:
                        (c) takes 11 minutes for a release and not 33. They share the processors, so not for the full
                        size of (a), which starts a hundred workers for each side.

Examples: npm run bench -- work --load b --scaler 2.9.0 --json
          npm run bench -- work --load c --scaler 2.9.0 --together --json
          npm run bench -- work --load a --scaler 2.9.0 --boot 60 --json
`;

const loads = ({
  boot: bootSeconds,
  shrink,
  queue,
  tasksPerWorker,
  bursts,
  every,
}: Sizes): Record<string, Load> => ({
  a: {
    ...{ name: 'a', what: 'tasks of one second', tasks: Math.ceil(1000 / shrink), sleepSeconds: 1 },
    ...{ bursts: 1, everySeconds: 0, workersPerTask: 4, cap: Math.ceil(25 / shrink), bootSeconds },
    ...{ queue, tasksPerWorker },
  },
  b: {
    ...{ name: 'b', what: 'tasks of six seconds', tasks: 15, sleepSeconds: 6 },
    ...{ bursts: 1, everySeconds: 0, workersPerTask: 4, cap: 10, bootSeconds },
    ...{ queue, tasksPerWorker },
  },
  c: {
    ...{ name: 'c', what: 'a burst every two minutes', tasks: Math.ceil(200 / shrink) },
    ...{ sleepSeconds: 1, bursts, everySeconds: every, workersPerTask: 4 },
    ...{ cap: Math.ceil(25 / shrink), bootSeconds, queue, tasksPerWorker },
  },
});

interface Sizes {
  boot: number;
  shrink: number;
  queue: number;
  tasksPerWorker: number;
  bursts: number;
  every: number;
}

const sideNames: Record<string, Side> = {
  ours: 'ours',
  off: 'ours without look-ahead',
  original: 'original',
};

/** What the row should be, and by how much it is missed. */
function verdictOf(
  { load, side, seconds, ideal, requestedWithin, recomputed, taskSeconds }: Measured,
  original: Measured | undefined,
) {
  if (side !== 'ours') return {};
  const total = seconds[0] ?? Number.POSITIVE_INFINITY;
  const times = Math.round((total / ideal) * 100) / 100;
  if (load === 'a')
    return { timesIdeal: times, met: times <= 1.3 && (requestedWithin ?? 99) <= 10 };
  if (load === 'b') return { timesIdeal: times, met: times <= 1.5 };
  const more = original === undefined ? null : taskSeconds - original.taskSeconds;
  return { moreTaskSeconds: more, met: recomputed === 0 && (more ?? 0) <= 0 };
}

export async function benchWork(argv: string[]): Promise<number> {
  const { values } = parseArgs({
    args: argv,
    options: {
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      load: { type: 'string', default: 'a,b,c' },
      scaler: { type: 'string', default: '2.9.0,2.6.0' },
      side: { type: 'string', default: 'ours,off,original' },
      boot: { type: 'string', default: '20' },
      shrink: { type: 'string', default: '1' },
      queue: { type: 'string', default: '1000' },
      'tasks-per-worker': { type: 'string', default: '10' },
      bursts: { type: 'string', default: '5' },
      every: { type: 'string', default: '120' },
      together: { type: 'boolean', default: false },
    },
  });
  const note = (line: string) => void process.stderr.write(`${line}\n`);
  const sizes = {
    ...{ boot: Number(values.boot), shrink: Number(values.shrink) },
    ...{ bursts: Number(values.bursts), every: Number(values.every), queue: Number(values.queue) },
    tasksPerWorker: Number(values['tasks-per-worker']),
  };
  const { boot, shrink, bursts, every, queue, tasksPerWorker } = sizes;
  const known = loads(sizes);
  const chosen = values.load.split(',').map((name) => known[name]);
  const sides = values.side.split(',').map((name) => sideNames[name]);
  const isWrong =
    !(boot > 0 && shrink >= 1 && Number.isInteger(bursts) && bursts >= 1 && every > 0) ||
    !(Number.isInteger(queue) && queue >= 1 && tasksPerWorker >= 1) ||
    chosen.includes(undefined) ||
    sides.includes(undefined);
  if (values.help || isWrong) {
    (values.help ? process.stdout : process.stderr).write(usage);
    return values.help ? 0 : 2;
  }
  const found: Measured[] = [];
  for (const scaler of values.scaler.split(','))
    for (const load of chosen as Load[]) {
      const play = async (side: Side): Promise<void> => {
        const beside = values.together && sides.length > 1 ? ', beside the others' : '';
        note(`(${load.name}) ${load.what}, boot ${boot} s: ${side}, Scaler ${scaler}${beside}`);
        const measured = await runLoad(load, side, scaler, note);
        found.push({ ...measured, ...(beside && { together: true }) });
        note(JSON.stringify(found.at(-1)));
      };
      if (values.together) {
        // Once, so that they do not all install the same packages.
        await prepare(scaler, note);
        await Promise.all((sides as Side[]).map(play));
      } else for (const side of sides as Side[]) await play(side);
    }
  const rows = found.map((row) => {
    const original = found.find(
      ({ load, scaler, side }) => load === row.load && scaler === row.scaler && side === 'original',
    );
    return { ...row, ...verdictOf(row, original) };
  });
  if (values.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
  else for (const row of rows) process.stdout.write(`${JSON.stringify(row)}\n`);
  return 0;
}
