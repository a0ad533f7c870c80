import type { Random } from '../simulation/random.ts';
import { type CallStage, callStages } from './proxy.ts';

/** When the daemon is killed. `nth` counts from 1 in each run. */
export type KillPoint =
  /** At the nth change of the journal file, as reported by fs.watch. */
  | { at: 'write'; nth: number }
  /** At a stage of the nth call of an operation. */
  | { at: 'call'; operation: string; stage: CallStage; nth: number }
  | { at: 'random'; afterMs: number };

/** Damage to the state directory before the next run: the journal is truncated (`torn`), or everything is deleted (`lost`). */
export type Damage = { kind: 'none' } | { kind: 'torn'; bytes: number } | { kind: 'lost' };

export interface DaemonRun {
  point: KillPoint;
  damage: Damage;
  /** Runs without AWS faults, which could keep the kill point from being reached. */
  withoutFaults?: boolean;
}

/** Operations that only the first run on a new account calls. */
const firstStartOperations = ['CreateCluster', 'CreateRole', 'RegisterTaskDefinition'];

/**
 * The daemon prepares cluster, role and task definition at once, and each is created only once: it stays to be created
 * by the run that is killed there.
 */
export function isForLaterRun(operation: string, point: KillPoint): boolean {
  const now = point.at === 'call' ? firstStartOperations.indexOf(point.operation) : -1;
  return now >= 0 && firstStartOperations.indexOf(operation) > now;
}

const everyStartOperations = [
  'DescribeClusters',
  'DescribeTaskDefinition',
  'GetRole',
  'AttachRolePolicy',
];
/** Journal changes to kill at: a start creates, writes and renames the file; then each record is one append. */
const maxWrites = 14;

const call = (operation: string, stage: CallStage, nth = 1): KillPoint => ({
  at: 'call',
  operation,
  stage,
  nth,
});

const shuffled = <T>(items: T[], random: Random): T[] =>
  items
    .map((item) => ({ item, key: random.next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);

/** Kill points to cover, those around RunTask and StopTask first. */
const requiredPoints = (): KillPoint[] => [
  ...callStages.map((stage) => call('RunTask', stage)),
  ...callStages.map((stage) => call('StopTask', stage)),
  ...Array.from({ length: maxWrites }, (_, i): KillPoint => ({ at: 'write', nth: i + 1 })),
  ...callStages.map((stage) => call('RunTask', stage, 2)),
  ...['ListTasks', 'DescribeTasks', ...everyStartOperations].flatMap((operation) =>
    callStages.map((stage) => call(operation, stage)),
  ),
];

/** From so many kills on, each operation is planned for at several stages. */
const killsForAll = 60;

/** Operations at which the daemon should have been killed and never was. A single stage may be missed because of faults. */
export function operationsMissed(kills: number, reached: Iterable<string>): string[] {
  if (kills < killsForAll) return [];
  const planned = [
    ...firstStartOperations,
    ...requiredPoints().flatMap((point) => (point.at === 'call' ? point.operation : [])),
  ];
  const met = new Set([...reached].map((text) => text.split(' ')[0]));
  return [...new Set(planned)].filter((operation) => !met.has(operation));
}

/** Distributes the kills to the lanes. With 30 or more kills, two lanes start with the operations of a first start, which occur only once. */
export function planRuns(kills: number, lanes: number, random: Random): DaemonRun[][] {
  const first = firstStartOperations.flatMap((operation) => [
    call(operation, 'unsent'),
    call(operation, 'executed'),
  ]);
  const second = firstStartOperations.map((operation) => call(operation, 'answered'));
  const pointsByLane: KillPoint[][] = Array.from({ length: lanes }, () => []);
  if (kills >= 30) {
    pointsByLane[0]?.push(...first);
    pointsByLane[1 % lanes]?.push(...second);
  }
  const remainingKills = kills - pointsByLane.reduce((sum, points) => sum + points.length, 0);
  const points = Array.from({ length: remainingKills }, (_, i): KillPoint => {
    const required = requiredPoints();
    const round = Math.floor(i / 5) * 4 + (i % 5);
    return i % 5 === 4
      ? { at: 'random', afterMs: random.int(50, 5000) }
      : (required[round % required.length] as KillPoint);
  });
  // Random points come last: they are replaced by points that must be retried.
  const ordered = shuffled(points, random).sort(
    (a, b) => Number(a.at === 'random') - Number(b.at === 'random'),
  );
  for (const point of ordered)
    pointsByLane.reduce((a, b) => (b.length < a.length ? b : a)).push(point);
  return pointsByLane.map((points) =>
    points.map((point, i) => ({ point, damage: i < 3 ? { kind: 'none' } : pickDamage(random) })),
  );
}

function pickDamage(random: Random): Damage {
  const draw = random.next();
  if (draw < 0.1) return { kind: 'lost' };
  return draw < 0.3 ? { kind: 'torn', bytes: random.int(1, 40) } : { kind: 'none' };
}

export function pointText(point: KillPoint): string {
  if (point.at === 'write') return `journal write ${point.nth}`;
  if (point.at === 'random') return `after ${point.afterMs} ms`;
  return `${point.operation} ${point.nth} ${point.stage}`;
}
