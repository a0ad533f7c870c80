import type { Bench, BenchScale } from './bench.ts';
import { type Side, Stage } from './stage.ts';
import { type Summary, summarize } from './statistics.ts';

/** What was measured of one side. */
export interface SideResult {
  side: string;
  /** By row. */
  rows: Record<string, Summary>;
  /** Of a core, for the emulator in its busiest quarter of a second, %. */
  emulator?: Summary;
}

const ourRounds = 5;
const originalRounds = 3;

async function runOnce(
  bench: Bench,
  side: Side,
  scale: BenchScale,
): Promise<{ found: Record<string, number>; emulatorShare: number }> {
  const stage = new Stage(side);
  let found: Record<string, number>;
  try {
    found = await bench.run(stage, scale);
  } finally {
    await stage.close();
  }
  return { found, emulatorShare: stage.emulatorShare };
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
  const shares = new Map<string, number[]>();
  const roundsOf = ({ name }: Side): number =>
    name === 'ours'
      ? Math.min(rounds ?? ourRounds, bench.rounds ?? ourRounds)
      : Math.min(rounds ?? originalRounds, bench.originalRounds ?? originalRounds);
  for (let round = 0; round < Math.max(...sides.map(roundsOf)); round++)
    for (const side of sides) {
      if (round >= roundsOf(side)) continue;
      const { found, emulatorShare } = await runOnce(bench, side, scale);
      print(
        `${bench.name}, ${side.name}, run ${round + 1}: ${JSON.stringify(found)}, the emulator ${emulatorShare.toFixed(0)} % of a core at most`,
      );
      shares.set(side.name, [...(shares.get(side.name) ?? []), emulatorShare]);
      const rows = values.get(side.name) ?? {};
      for (const [row, value] of Object.entries(found)) rows[row] = [...(rows[row] ?? []), value];
      values.set(side.name, rows);
    }
  return [...values].map(([side, rows]) => ({
    side,
    rows: Object.fromEntries(Object.entries(rows).map(([row, found]) => [row, summarize(found)])),
    emulator: summarize(shares.get(side) ?? []),
  }));
}
