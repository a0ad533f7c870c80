import type { Transport } from './options.ts';
import type { Outcome } from './report.ts';

/** One release over one transport, as it was played last. */
export interface Row extends Partial<Outcome> {
  scaler: string;
  transport: Transport;
  /** Null: not played yet. */
  date: string | null;
  python: string | null;
  passed: boolean;
  /** Why it is not green. */
  reason: string | null;
}

const outcome = (row: Row | undefined): string => {
  if (row?.date == null) return 'not played yet';
  return row.passed ? `passed, ${row.groupsStarted} groups up` : `failed: ${row.reason}`;
};

/** The rows as the README shows them: one line a release. */
export const matrixTable = (rows: readonly Row[]): string => {
  const lines = [...new Set(rows.map(({ scaler }) => scaler))].map((scaler) => {
    const played = rows.filter((row) => row.scaler === scaler);
    const over = (transport: Transport) => played.find((row) => row.transport === transport);
    const found = new Set(played.flatMap((row) => row.found?.generation ?? []));
    const dates = played.flatMap(({ date }) => date ?? []).sort();
    return [scaler, [...found].join(', '), outcome(over('ymq')), outcome(over('zmq')), dates[0]];
  });
  return [['Scaler', 'speaks', 'over YMQ', 'over ZeroMQ', 'played'], Array(5).fill('---'), ...lines]
    .map(
      (cells) => `| ${cells.map((cell) => `${cell ?? ''}`.replaceAll('|', '\\|')).join(' | ')} |`,
    )
    .join('\n');
};
