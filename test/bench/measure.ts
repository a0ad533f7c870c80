import type { Bench, BenchScale } from './bench.ts';
import { type Side, Stage } from './stage.ts';
import { type Summary, summarize } from './statistics.ts';

/** What was measured of one side. */
export interface SideResult {
  side: string;
  /** By row. */
  rows: Record<string, Summary>;
}

const ourRounds = 5;
const originalRounds = 3;

async function runOnce(
  bench: Bench,
  side: Side,
  scale: BenchScale,
): Promise<Record<string, number>> {
  const stage = new Stage(side);
  try {
    return await bench.run(stage, scale);
  } finally {
    await stage.close();
  }
}

/** Runs a bench, the sides in turn. `rounds`: at most so many; null: as the bench says. */
export async function measure(
  bench: Bench,
  sides: readonly Side[],
  {
    rounds,
    scale,
    print,
  }: { rounds: number | null; scale: BenchScale; print: (line: string) => void },
): Promise<SideResult[]> {
  const values = new Map<string, Record<string, number[]>>();
  const roundsOf = ({ name }: Side): number =>
    name === 'ours'
      ? Math.min(rounds ?? ourRounds, bench.rounds ?? ourRounds)
      : Math.min(rounds ?? originalRounds, bench.originalRounds ?? originalRounds);
  for (let round = 0; round < Math.max(...sides.map(roundsOf)); round++)
    for (const side of sides) {
      if (round >= roundsOf(side)) continue;
      const found = await runOnce(bench, side, scale);
      print(`${bench.name}, ${side.name}, run ${round + 1}: ${JSON.stringify(found)}`);
      const rows = values.get(side.name) ?? {};
      for (const [row, value] of Object.entries(found)) rows[row] = [...(rows[row] ?? []), value];
      values.set(side.name, rows);
    }
  return [...values].map(([side, rows]) => ({
    side,
    rows: Object.fromEntries(Object.entries(rows).map(([row, found]) => [row, summarize(found)])),
  }));
}
