/** Compares managers by the work that a real scheduler gives them: `npm run bench -- work`. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { repository } from '../../interop/emulatorClient.ts';
import { type Load, type Measured, runLoad, type Side } from './run.ts';

const usage = `npm run bench -- work [options]

  --json                One JSON document
  --load a,b,c          Which loads: (a) many short tasks, (b) few long tasks, (c) bursts
  --scaler RELEASES     Comma-separated, usually 2.9.0,2.6.0
  --side SIDES          Some of ours,off,original; off is ours with scale_ahead off
  --boot SECONDS        From RunTask to RUNNING, usually 20
  --shrink N            Divides the tasks and the limit of (a) and (c), for a small machine

Example: npm run bench -- work --load b --scaler 2.9.0 --json
`;

const loads = (bootSeconds: number, shrink: number): Record<string, Load> => ({
  a: {
    ...{ name: 'a', what: 'tasks of one second', tasks: Math.ceil(1000 / shrink), sleepSeconds: 1 },
    ...{ bursts: 1, everySeconds: 0, workersPerTask: 4, cap: Math.ceil(25 / shrink), bootSeconds },
  },
  b: {
    ...{ name: 'b', what: 'tasks of six seconds', tasks: 15, sleepSeconds: 6 },
    ...{ bursts: 1, everySeconds: 0, workersPerTask: 4, cap: 10, bootSeconds },
  },
  c: {
    ...{ name: 'c', what: 'a burst every two minutes', tasks: Math.ceil(200 / shrink) },
    ...{ sleepSeconds: 1, bursts: 5, everySeconds: 120, workersPerTask: 4 },
    ...{ cap: Math.ceil(25 / shrink), bootSeconds },
  },
});

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
    },
  });
  const note = (line: string) => void process.stderr.write(`${line}\n`);
  const [boot, shrink] = [Number(values.boot), Number(values.shrink)];
  const known = loads(boot, shrink);
  const chosen = values.load.split(',').map((name) => known[name]);
  const sides = values.side.split(',').map((name) => sideNames[name]);
  const isWrong =
    !(boot > 0 && shrink >= 1) || chosen.includes(undefined) || sides.includes(undefined);
  if (values.help || isWrong) {
    (values.help ? process.stdout : process.stderr).write(usage);
    return values.help ? 0 : 2;
  }
  const cache = join(repository, '.cache');
  const found: Measured[] = [];
  for (const scaler of values.scaler.split(','))
    for (const load of chosen as Load[])
      for (const side of sides as Side[]) {
        note(`(${load.name}) ${load.what}, boot ${boot} s: ${side}, Scaler ${scaler}`);
        found.push(await runLoad(load, side, scaler, cache, note));
        note(JSON.stringify(found.at(-1)));
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
