/**
 * Runs the scenario `squares` with every release over each of its transports. The daemon gets neither release nor
 * transport of the scheduler. Each result is written to matrix.json at once; the table in README.md is made from it.
 * `--only 2.9.0` or `--only 2.9.0/zmq` (repeatable) selects tests; `--table` only writes the table.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { withReadmeBlock } from '../../src/shared/readmeBlock.ts';
import { repository } from './emulatorClient.ts';
import { type MatrixRow, matrixTable } from './matrixTable.ts';
import { compareReleases, InteropFailure, parseOptions, type Transport } from './options.ts';
import { isGood } from './outcome.ts';
import { killCurrentScenario, print, runScenario } from './runScenario.ts';
import { squares } from './scenarios/squares.ts';
import { ensureVenv, type Venv } from './venv.ts';

/** The newest wheel of each minor release, and those before and after a protocol change within a minor release. */
const knownReleases = [
  '1.15.0',
  ...['1.24.0', '1.24.6', '1.26.4', '1.26.6', '1.27.2'],
  ...['2.0.20', '2.1.10', '2.2.0', '2.3.3', '2.3.5', '2.4.6', '2.5.5', '2.6.0'],
  ...['2.7.0', '2.8.0', '2.9.0'],
];

/** The newest patch of each minor release on PyPI that is newer than the list above. */
async function newerReleases(): Promise<string[]> {
  const newest = knownReleases.at(-1) as string;
  const pipArguments = ['-m', 'pip', 'index', 'versions', 'opengris-scaler'];
  const { stdout } = await promisify(execFile)('python3', pipArguments).catch(() => ({
    stdout: '',
  }));
  const listed = /^Available versions: (.*)$/m.exec(stdout)?.[1]?.split(', ');
  if (!listed) print('PyPI does not answer: newer releases than the listed ones are not tested');
  const minors = new Map<string, string>();
  for (const release of (listed ?? []).filter((one) => /^\d+\.\d+\.\d+$/.test(one)))
    if (compareReleases(release, newest) > 0) {
      const minor = release.split('.', 2).join('.');
      const newestOfMinor = minors.get(minor);
      if (!newestOfMinor || compareReleases(release, newestOfMinor) > 0) minors.set(minor, release);
    }
  return [...minors.values()].sort(compareReleases);
}

/** ZeroMQ is the default up to 2.2.0, YMQ since; each release has both. */
const transports: Transport[] = ['ymq', 'zmq'];

const matrixFile = join(import.meta.dirname, 'matrix.json');
const readme = join(repository, 'README.md');

const readRows = (): MatrixRow[] =>
  existsSync(matrixFile) ? JSON.parse(readFileSync(matrixFile, 'utf8')) : [];

function saveRow(row: MatrixRow): void {
  const rows = readRows().filter(
    ({ scaler, transport }) => scaler !== row.scaler || transport !== row.transport,
  );
  writeRows([...rows, row].sort(byReleaseAndTransport));
}

function writeRows(rows: MatrixRow[]): void {
  writeFileSync(matrixFile, `${JSON.stringify(rows, null, 2)}\n`);
}

/** Creates a virtual environment with the first Python that the release has a wheel for. */
async function createVenv(release: string): Promise<Venv> {
  const tried: string[] = [];
  for (const python of ['python3.11', 'python3.12', 'python3.13', 'python3.10'])
    try {
      return await ensureVenv(join(repository, '.cache'), release, [], python, print);
    } catch (error) {
      if (!(error instanceof InteropFailure)) throw error;
      tried.push(`${python}: ${error.message.split('\n').at(-1)}`);
    }
  throw new InteropFailure(`no wheel; tried ${tried.join('; ')}`);
}

async function testCell(scaler: string, transport: Transport): Promise<MatrixRow> {
  const date = new Date().toISOString().slice(0, 10);
  const row = { scaler, transport, date, python: null, passed: false, reason: null };
  try {
    const venv = await createVenv(scaler);
    const options = parseOptions(['--scaler', scaler, '--transport', transport]);
    const python = /py([\d.]+)$/.exec(venv.dir)?.[1] ?? null;
    const { outcome, passed, failedChecks } = await runScenario('squares', squares, options, venv);
    const reason = passed
      ? null
      : failedChecks.join('; ') ||
        (isGood(outcome) ? 'see the log' : 'an expected value of the outcome is missing');
    return { ...row, python, ...outcome, passed, reason };
  } catch (error) {
    if (!(error instanceof InteropFailure)) throw error;
    return { ...row, reason: error.message };
  }
}

/** All rows, including one for each combination that has not been tested yet. */
function allRows(releases: string[]): MatrixRow[] {
  const tested = readRows();
  const missing = releases.flatMap((scaler) =>
    transports
      .filter(
        (transport) => !tested.some((row) => row.scaler === scaler && row.transport === transport),
      )
      .map((transport) => ({
        scaler,
        transport,
        date: null,
        python: null,
        passed: false,
        reason: null,
      })),
  );
  return [...tested, ...missing].sort(byReleaseAndTransport);
}

const byReleaseAndTransport = (a: MatrixRow, b: MatrixRow) =>
  compareReleases(a.scaler, b.scaler) || a.transport.localeCompare(b.transport);

function publish(releases: string[]): void {
  const rows = allRows(releases);
  writeRows(rows);
  const text = readFileSync(readme, 'utf8');
  writeFileSync(readme, withReadmeBlock(text, 'matrix', matrixTable(rows)));
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true, default: [] },
      table: { type: 'boolean', default: false },
    },
  });
  const releases = [...knownReleases, ...(await newerReleases())];
  const cells = releases
    .flatMap((scaler) => transports.map((transport) => ({ scaler, transport })))
    .filter(
      ({ scaler, transport }) =>
        values.only.length === 0 ||
        values.only.includes(scaler) ||
        values.only.includes(`${scaler}/${transport}`),
    );
  let allPassed = true;
  for (const { scaler, transport } of values.table ? [] : cells) {
    const row = await testCell(scaler, transport);
    allPassed &&= row.passed;
    saveRow(row);
    process.stdout.write(`${JSON.stringify(row)}\n`);
  }
  publish(releases);
  return allPassed ? 0 : 1;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    void killCurrentScenario().finally(() => process.exit(130));
  });

main().then(
  (status) => process.exit(status),
  (error) => {
    print(String((error as Error).stack ?? error));
    process.exit(2);
  },
);
