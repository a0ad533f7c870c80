import type { Transport } from './options.ts';
import type { Outcome } from './outcome.ts';

/** One release over one transport, as it was played last. */
export interface MatrixRow extends Partial<Outcome> {
  scaler: string;
  transport: Transport;
  /** Null: not played yet. */
  date: string | null;
  python: string | null;
  passed: boolean;
  /** Why it is not green. */
  reason: string | null;
}

function resultText(row: MatrixRow | undefined): string {
  if (row?.date == null) return 'not played yet';
  return row.passed ? `passed, ${row.groupsStarted} groups up` : `failed: ${row.reason}`;
}

/** The rows as the README shows them: one line a release. */
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
  return [['Scaler', 'speaks', 'over YMQ', 'over ZeroMQ', 'played'], Array(5).fill('---'), ...lines]
    .map(
      (cells) => `| ${cells.map((cell) => `${cell ?? ''}`.replaceAll('|', '\\|')).join(' | ')} |`,
    )
    .join('\n');
}
