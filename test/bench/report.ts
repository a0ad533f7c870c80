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

const stored = new URL('./results.json', import.meta.url);
const readme = new URL('../../README.md', import.meta.url);
const picture = new URL('./bench.svg', import.meta.url);

function cellOf(results: readonly SideResult[], side: string, id: string): string {
  const found = results.find((one) => one.side === side)?.rows[id];
  if (!found) return '';
  const { median, min, max, runs } = found;
  return runs > 1 ? `${shown(median)} (${shown(min)} to ${shown(max)})` : shown(median);
}

function conditions(results: readonly BenchResult[]): string {
  const originals = new Set(results.flatMap(({ results: sides }) => sides.map(({ side }) => side)));
  originals.delete('ours');
  const machine = `${cpus().length} cores of ${cpus()[0]?.model.trim() ?? 'unknown make'}`;
  const versions = [`Node.js ${process.versions.node}`, ...originals].join(', ');
  return `${new Date().toISOString().slice(0, 10)}, ${machine}, ${versions}`;
}

/** The benches of one run are named together, with when and where it was; the load of each in brackets. */
function runsOf(run: Readonly<Record<string, StoredBench>>): string[] {
  const names = new Map<string, string[]>();
  for (const [name, { conditions, load }] of Object.entries(run)) {
    const shownName = load === undefined ? name : `${name} (load ${load.toFixed(1)})`;
    names.set(conditions, [...(names.get(conditions) ?? []), shownName]);
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
  return [
    'Median, minimum and maximum of the runs; lower is better.',
    '',
    ...runsOf(run),
    '',
    `| row | what | unit | limit | ${[...originals, 'scaler-ecs', 'goal', 'command'].join(' | ')} |`,
    `|${'---|'.repeat(originals.length + 7)}`,
    ...lines,
    ...(misses.length > 0 ? ['', 'Rows that miss their goals, and why:', '', ...misses] : []),
  ].join('\n');
}

interface Bar {
  label: string;
  /** Such as `original 2.6.0`. */
  beside: string;
  original: number;
  ours: number;
  unit: string;
}

/** Rows that both sides have. */
function barsOf(results: readonly TableResult[]): Bar[] {
  return results.flatMap(({ bench, results: sides }) =>
    bench.rows.flatMap(({ id, unit }) => {
      const ours = sides.find(({ side }) => side === 'ours')?.rows[id]?.median;
      const other = sides.find(({ side }) => side !== 'ours');
      const original = other?.rows[id]?.median;
      return ours === undefined || original === undefined
        ? []
        : [{ label: id, beside: other?.side ?? '', original, ours, unit }];
    }),
  );
}

const rowHeight = 44;
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

/** A pair of bars for each row that both sides have, each pair on its own scale; below them, when and where it was. */
export function svg(
  results: readonly TableResult[],
  run: Readonly<Record<string, StoredBench>>,
): string {
  const bars = barsOf(results);
  const captionFrom = 50 + rowHeight * bars.length;
  const caption = captionOf(results, run).map(
    (line, i) =>
      `<text x="12" y="${captionFrom + 6 + i * lineHeight}" fill="#57606e">${escaped(line)}</text>`,
  );
  const height = captionFrom + 6 + lineHeight * caption.length;
  const originals = [...new Set(bars.map(({ beside }) => beside))].join(', ');
  const pairs = bars.map(({ label, original, ours, unit }, i) => {
    const y = 40 + i * rowHeight;
    const scale = longest / Math.max(original, ours, 1e-9);
    const bar = (value: number, top: number, fill: string) =>
      `<rect x="${barsFrom}" y="${top}" width="${Math.max(1, value * scale).toFixed(1)}" height="14" fill="${fill}"/><text x="${(barsFrom + 6 + value * scale).toFixed(1)}" y="${top + 11}">${shown(value)} ${unit}</text>`;
    return `<text x="12" y="${y + 20}">${label}</text>${bar(original, y, '#b0b6be')}${bar(ours, y + 17, '#2563a8')}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 ${height}" width="760" height="${height}" font-family="system-ui,sans-serif" font-size="12" role="img" aria-label="scaler-ecs beside the original">
<rect width="760" height="${height}" fill="#fff"/>
<text x="12" y="22" font-weight="600">scaler-ecs (blue) beside ${escaped(originals)} (grey); shorter is better</text>
${[...pairs, ...caption].join('\n')}
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

/** The table and the picture of the README, of the last results of each bench. */
export function storedReport(): { table: string; picture: string } {
  const run = storedRun();
  const all = benches.flatMap((bench) => {
    const found = run[bench.name];
    return found ? [{ bench, results: found.results }] : [];
  });
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
  const where = conditions(results);
  for (const { bench, load, results: sides } of results)
    run[bench.name] = { conditions: where, load, results: sides };
  writeFileSync(stored, `${JSON.stringify(run, null, 2)}\n`);
  const report = storedReport();
  writeFileSync(readme, withReadmeBlock(readFileSync(readme, 'utf8'), 'bench', report.table));
  writeFileSync(picture, report.picture);
}
