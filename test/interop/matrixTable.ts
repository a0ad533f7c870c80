import type { Transport } from './options.ts';
import type { Outcome } from './outcome.ts';

/** The last test of one release over one transport. */
export interface MatrixRow extends Partial<Outcome> {
  scaler: string;
  transport: Transport;
  /** ISO date; null: not tested yet. */
  date: string | null;
  python: string | null;
  passed: boolean;
  /** Why the test did not pass. */
  reason: string | null;
}

function resultText(row: MatrixRow | undefined): string {
  if (row?.date == null) return 'not tested yet';
  return row.passed ? `passed, ${row.groupsStarted} groups started` : `failed: ${row.reason}`;
}

/** The Markdown table of the README: one line per release. */
export function matrixTable(rows: readonly MatrixRow[]): string {
  const lines = [...new Set(rows.map(({ scaler }) => scaler))].map((scaler) => {
    const tested = rows.filter((row) => row.scaler === scaler);
    const rowOver = (transport: Transport) => tested.find((row) => row.transport === transport);
    const generations = new Set(tested.flatMap((row) => row.found?.generation ?? []));
    const dates = tested.flatMap(({ date }) => date ?? []).sort();
    return [
      scaler,
      [...generations].join(', '),
      resultText(rowOver('ymq')),
      resultText(rowOver('zmq')),
      dates[0],
    ];
  });
  return [
    ['Scaler', 'protocol', 'over YMQ', 'over ZeroMQ', 'tested'],
    Array(5).fill('---'),
    ...lines,
  ]
    .map(
      (cells) => `| ${cells.map((cell) => `${cell ?? ''}`.replaceAll('|', '\\|')).join(' | ')} |`,
    )
    .join('\n');
}
