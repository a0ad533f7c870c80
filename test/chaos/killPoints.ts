import type { Random } from '../simulation/random.ts';
import { type Moment, moments } from './proxy.ts';

/** When a life of the daemon ends. */
export type KillPoint =
  /** As soon as the kernel tells of the nth change of the journal in this life. */
  | { at: 'write'; nth: number }
  /** At a moment of the nth call of this operation in this life. */
  | { at: 'call'; operation: string; moment: Moment; nth: number }
  | { at: 'random'; afterMs: number };

/** What happens to the state directory before the next life. */
export type Damage = { kind: 'none' } | { kind: 'torn'; bytes: number } | { kind: 'lost' };

export interface Life {
  point: KillPoint;
  damage: Damage;
  /** AWS is to do nothing that could keep the point from being reached. */
  fair?: boolean;
}

/** Only a first life on a fresh account makes these calls. */
const founding = ['CreateCluster', 'CreateRole', 'RegisterTaskDefinition'];
const everyLife = ['DescribeClusters', 'DescribeTaskDefinition', 'GetRole', 'AttachRolePolicy'];
/** Creating, filling and placing the journal at a start, then an append each. */
const mostWrites = 14;

const call = (operation: string, moment: Moment, nth = 1): KillPoint => ({
  at: 'call',
  operation,
  moment,
  nth,
});

const shuffled = <T>(items: T[], random: Random): T[] =>
  items
    .map((item) => ({ item, key: random.next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);

/** The points that every run must reach, the ones that buy and end tasks first. */
const catalogue = (): KillPoint[] => [
  ...moments.map((moment) => call('RunTask', moment)),
  ...moments.map((moment) => call('StopTask', moment)),
  ...Array.from({ length: mostWrites }, (_, i): KillPoint => ({ at: 'write', nth: i + 1 })),
  ...moments.map((moment) => call('RunTask', moment, 2)),
  ...['ListTasks', 'DescribeTasks', ...everyLife].flatMap((operation) =>
    moments.map((moment) => call(operation, moment)),
  ),
];

/** Deals so many kills to the lanes. Founding calls come first in two of them, as they pass once. */
export const planLives = (kills: number, lanes: number, random: Random): Life[][] => {
  const first = founding.flatMap((operation) => [
    call(operation, 'unsent'),
    call(operation, 'executed'),
  ]);
  const second = founding.map((operation) => call(operation, 'answered'));
  const dealt: KillPoint[][] = Array.from({ length: lanes }, () => []);
  if (kills >= 30) {
    dealt[0]?.push(...first);
    dealt[1 % lanes]?.push(...second);
  }
  const left = kills - dealt.reduce((sum, points) => sum + points.length, 0);
  const points = Array.from({ length: left }, (_, i): KillPoint => {
    const listed = catalogue();
    const round = Math.floor(i / 5) * 4 + (i % 5);
    return i % 5 === 4
      ? { at: 'random', afterMs: random.int(50, 5000) }
      : (listed[round % listed.length] as KillPoint);
  });
  // Those at random come last: they give way to points that have to be tried again.
  const mixed = shuffled(points, random).sort(
    (a, b) => Number(a.at === 'random') - Number(b.at === 'random'),
  );
  for (const point of mixed) dealt.reduce((a, b) => (b.length < a.length ? b : a)).push(point);
  return dealt.map((points) =>
    points.map((point, i) => ({ point, damage: i < 3 ? { kind: 'none' } : damageBy(random) })),
  );
};

const damageBy = (random: Random): Damage => {
  const draw = random.next();
  if (draw < 0.1) return { kind: 'lost' };
  return draw < 0.3 ? { kind: 'torn', bytes: random.int(1, 40) } : { kind: 'none' };
};

export const pointText = (point: KillPoint): string => {
  if (point.at === 'write') return `journal write ${point.nth}`;
  if (point.at === 'random') return `after ${point.afterMs} ms`;
  return `${point.operation} ${point.nth} ${point.moment}`;
};
