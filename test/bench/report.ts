import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { withReadmeBlock } from '../../src/shared/readmeBlock.ts';
import type { Bench } from './bench.ts';
import { benches } from './benches.ts';
import type { SideResult } from './measure.ts';
import { shown } from './statistics.ts';

export interface TableResult {
  bench: Pick<Bench, 'name' | 'what' | 'rows'>;
  results: SideResult[];
}

export interface BenchResult extends TableResult {
  /** Of its run, see `conditionsNow`. */
  conditions: string;
  /** Load average of the minute before its first run. */
  load: number;
}

/** What the last run of each bench has measured, and where; the README shows it. */
interface StoredBench {
  /** When, on which machine, with which versions. */
  conditions: string;
  /** Load average of the minute before its first run; left out where it was not measured. */
  load?: number;
  results: SideResult[];
}

const root = new URL('../../', import.meta.url);
const stored = new URL('./results.json', import.meta.url);
const readme = new URL('README.md', root);
const picture = new URL('./bench.svg', import.meta.url);

function cellOf(results: readonly SideResult[], side: string, id: string): string {
  const found = results.find((one) => one.side === side)?.rows[id];
  if (!found) return '';
  const { median, min, max, runs } = found;
  return runs > 1 ? `${shown(median)} (${shown(min)} to ${shown(max)})` : shown(median);
}

/** The version of scaler-ecs and its commit, and whether files differ from that. */
function versionOfOurs(): string {
  const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
    version: string;
  };
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim();
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no') === '' ? '' : ' changed';
    return `scaler-ecs ${version} (${git('rev-parse', '--short=8', 'HEAD')}${changed})`;
  } catch {
    // Not in a clone.
    return `scaler-ecs ${version}`;
  }
}

/** When and where a run that begins now is made, with which versions. `sides`: all that the run measures. */
export function conditionsNow(sides: readonly string[]): string {
  const machine = `${cpus().length} cores of ${cpus()[0]?.model.trim() ?? 'unknown make'}`;
  const originals = sides.filter((side) => side !== 'ours');
  const versions = [versionOfOurs(), `Node.js ${process.versions.node}`, ...originals].join(', ');
  return `${new Date().toISOString().slice(0, 10)}, ${machine}, ${versions}`;
}

/** The load before a bench and the share of a core that the emulator had at most, in brackets; empty: not measured. */
function remarksOf({ load, results }: StoredBench): string {
  const shares = results.flatMap(({ emulator }) => (emulator ? [emulator.max] : []));
  const remarks = [
    ...(load === undefined ? [] : [`load ${load.toFixed(1)}`]),
    ...(shares.length === 0 ? [] : [`emulator ${Math.max(...shares).toFixed(0)} %`]),
  ];
  return remarks.length === 0 ? '' : ` (${remarks.join(', ')})`;
}

/** The benches of one run are named together, with when and where it was. */
function runsOf(run: Readonly<Record<string, StoredBench>>): string[] {
  const names = new Map<string, string[]>();
  for (const [name, bench] of Object.entries(run)) {
    const { conditions } = bench;
    names.set(conditions, [...(names.get(conditions) ?? []), `${name}${remarksOf(bench)}`]);
  }
  return [...names].map(([conditions, together]) => `* ${together.join(', ')}: ${conditions}`);
}

/** The rows that are more than their goals: by how much, and why. */
export function missesOf(results: readonly TableResult[]): string[] {
  return results.flatMap(({ bench, results: sides }) =>
    bench.rows.flatMap(({ id, unit, goal, why = 'not known' }) => {
      const ours = sides.find(({ side }) => side === 'ours')?.rows[id]?.median;
      if (ours === undefined || ours <= goal) return [];
      // Of nothing there is no multiple.
      const times = goal > 0 ? `, ${shown(ours / goal)} times the goal` : '';
      return [`* ${id}: ${shown(ours)} ${unit} instead of ${shown(goal)}${times}: ${why}`];
    }),
  );
}

/** Rows that are more than their goals and do not say why. */
export function unexplainedMisses(results: readonly TableResult[]): string[] {
  return results.flatMap(({ bench, results: sides }) => {
    const ours = sides.find(({ side }) => side === 'ours')?.rows ?? {};
    return bench.rows
      .filter(({ id, goal, why }) => why === undefined && (ours[id]?.median ?? 0) > goal)
      .map(({ id }) => id);
  });
}

export function table(
  results: readonly TableResult[],
  run: Readonly<Record<string, StoredBench>>,
): string {
  const all = results.flatMap(({ results: sides }) => sides.map(({ side }) => side));
  const originals = [...new Set(all)].filter((side) => side !== 'ours').sort();
  const columns = [...originals, 'ours'];
  const lines = results.flatMap(({ bench, results: sides }) =>
    bench.rows
      .filter(({ id }) => sides.some(({ rows }) => rows[id]))
      .map(({ id, what, unit, goal, limit = '' }) => {
        const cells = [
          ...[id, `${bench.what}: ${what}`, unit, limit],
          ...columns.map((side) => cellOf(sides, side, id)),
          ...[shown(goal), `\`npm run bench -- ${bench.name}\``],
        ];
        return `| ${cells.join(' | ')} |`;
      }),
  );
  const misses = missesOf(results);
  const unmeasured = results.flatMap(({ bench, results: sides }) =>
    bench.rows.filter(({ id }) => !sides.some(({ rows }) => rows[id])).map(({ id }) => id),
  );
  return [
    'Median, minimum and maximum of the runs; lower is better.',
    '',
    ...runsOf(run),
    '',
    `| row | what | unit | limit | ${[...originals, 'scaler-ecs', 'goal', 'command'].join(' | ')} |`,
    `|${'---|'.repeat(originals.length + 7)}`,
    ...lines,
    ...(unmeasured.length > 0 ? ['', `Not measured yet: ${unmeasured.join(', ')}.`] : []),
    ...(misses.length > 0 ? ['', 'Rows that miss their goals, and why:', '', ...misses] : []),
  ].join('\n');
}

/** The bars of a row that ours and at least one original have; ours is the last one. */
interface Bars {
  label: string;
  unit: string;
  /** `side`: such as `original 2.6.0`. */
  bars: { side: string; value: number }[];
}

function barsOf(results: readonly TableResult[]): Bars[] {
  return results.flatMap(({ bench, results: sides }) =>
    bench.rows.flatMap(({ id, unit }) => {
      const all = sides.flatMap(({ side, rows }) => {
        const value = rows[id]?.median;
        return value === undefined ? [] : [{ side, value }];
      });
      const isOurs = ({ side }: { side: string }) => side === 'ours';
      const ours = all.find(isOurs);
      const originals = all.filter((one) => !isOurs(one));
      originals.sort((a, b) => a.side.localeCompare(b.side));
      return ours === undefined || originals.length === 0
        ? []
        : [{ label: id, unit, bars: [...originals, ours] }];
    }),
  );
}

/** From the top of a bar to that of the next one. */
const barHeight = 17;
/** Between the bars of two rows. */
const rowGap = 10;
const ourColour = '#2563a8';
/** Of the originals, in the order of their releases. */
const originalColours = ['#b0b6be', '#868d97', '#656c76'];
const barsFrom = 190;
const longest = 430;
const lineHeight = 16;
/** Characters that fit into a line of the picture. */
const lineLength = 115;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** The words of a text in lines of at most `lineLength`. */
function linesOf(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= lineLength)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** When, on which machine and with which versions the benches of the picture were run; by bench where that differs. */
function captionOf(
  results: readonly TableResult[],
  run: Readonly<Record<string, StoredBench>>,
): string[] {
  const names = results.filter((one) => barsOf([one]).length > 0).map(({ bench }) => bench.name);
  const shownRuns = names.flatMap((name) => {
    const stored = run[name];
    return stored ? [[name, stored.conditions] as const] : [];
  });
  const all = [...new Set(shownRuns.map(([, conditions]) => conditions))];
  return all.flatMap((conditions) => {
    const own = shownRuns.filter((one) => one[1] === conditions).map(([name]) => name);
    return linesOf(all.length === 1 ? conditions : `${own.join(', ')}: ${conditions}`);
  });
}

/** The bars of each row that ours and an original have, each row on its own scale; below them, when and where it was. */
export function svg(
  results: readonly TableResult[],
  run: Readonly<Record<string, StoredBench>>,
): string {
  const rows = barsOf(results);
  const originals = [...new Set(rows.flatMap(({ bars }) => bars.map(({ side }) => side)))]
    .filter((side) => side !== 'ours')
    .sort();
  const colourOf = (side: string) =>
    side === 'ours' ? ourColour : (originalColours[originals.indexOf(side)] ?? originalColours[0]);
  let top = 40;
  const drawn = rows.flatMap(({ label, unit, bars }) => {
    const scale = longest / Math.max(...bars.map(({ value }) => value), 1e-9);
    const labelAt = top + (barHeight * bars.length) / 2 + 3;
    const lines = bars.map(({ side, value }) => {
      const y = top;
      top += barHeight;
      return `<rect x="${barsFrom}" y="${y}" width="${Math.max(1, value * scale).toFixed(1)}" height="14" fill="${colourOf(side)}"/><text x="${(barsFrom + 6 + value * scale).toFixed(1)}" y="${y + 11}">${shown(value)} ${unit}</text>`;
    });
    top += rowGap;
    return [`<text x="12" y="${labelAt}">${label}</text>${lines.join('')}`];
  });
  const captionFrom = top + 10;
  const caption = captionOf(results, run).map(
    (line, i) =>
      `<text x="12" y="${captionFrom + 6 + i * lineHeight}" fill="#57606e">${escaped(line)}</text>`,
  );
  const height = captionFrom + 6 + lineHeight * caption.length;
  const legend = ['ours', ...originals].map((side, i) => {
    const name = side === 'ours' ? 'scaler-ecs' : side;
    const x = 12 + 120 * i;
    return `<rect x="${x}" y="12" width="12" height="12" fill="${colourOf(side)}"/><text x="${x + 18}" y="22" font-weight="600">${escaped(name)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 ${height}" width="760" height="${height}" font-family="system-ui,sans-serif" font-size="12" role="img" aria-label="scaler-ecs beside the original">
<rect width="760" height="${height}" fill="#fff"/>
${legend.join('')}<text x="${12 + 120 * legend.length}" y="22">shorter is better</text>
${[...drawn, ...caption].join('\n')}
</svg>
`;
}

function storedRun(): Record<string, StoredBench> {
  return existsSync(stored) ? JSON.parse(readFileSync(stored, 'utf8')) : {};
}

/** Sides whose stored results of these benches would be lost if they were measured again without them. */
export function sidesLost(
  names: readonly string[],
  measured: readonly string[],
  run: Readonly<Record<string, StoredBench>> = storedRun(),
): string[] {
  const sides = names.flatMap((name) => run[name]?.results ?? []).map(({ side }) => side);
  return [...new Set(sides)].filter((side) => !measured.includes(side));
}

/** The last results of each bench. */
export function storedTable(run = storedRun()): TableResult[] {
  return benches.flatMap((bench) => {
    const found = run[bench.name];
    return found ? [{ bench, results: found.results }] : [];
  });
}

/** The table and the picture of the README, of the last results of each bench. */
export function storedReport(): { table: string; picture: string } {
  const run = storedRun();
  const all = storedTable(run);
  return { table: table(all, run), picture: svg(all, run) };
}

/** The median of the last results of a row. `side`: `ours`, or such as `original 2.6.0`. */
export function storedMedian(row: string, side: string): number {
  const sides = Object.values(storedRun()).flatMap(({ results }) => results);
  const found = sides.find((one) => one.side === side && one.rows[row])?.rows[row];
  if (!found) throw new Error(`no result of ${row} for ${side}`);
  return found.median;
}

/** Stores these results, and writes the table and the picture of the README with the last ones of each other bench. */
export function writeReport(results: readonly BenchResult[]): void {
  const run = storedRun();
  for (const { bench, ...stored } of results) run[bench.name] = stored;
  writeFileSync(stored, `${JSON.stringify(run, null, 2)}\n`);
  const report = storedReport();
  writeFileSync(readme, withReadmeBlock(readFileSync(readme, 'utf8'), 'bench', report.table));
  writeFileSync(picture, report.picture);
}
