import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { Stryker } from '@stryker-mutator/core';
import { readOptions, refuse } from '../support/commandLine.ts';
import { type Survivor, survivors } from './survivors.ts';

const usage =
  'usage: npm run mutate -- [--jobs N] [machines/fleet/plan.ts | src/store | ...]: files, or folders with all files in them';

type Mutant = Awaited<ReturnType<Stryker['runMutationTest']>>[number];

/** Minimum mutation score of each file, %. */
const minScore = 90;
/** Minimum score of all files of machines/ together, where all are measured, %. */
const minScoreOfMachines = 97;

/** Tests that play the whole fleet manager. */
const managerTests = [
  ...['fleet/fleetSetup', 'fleet/schedulerFacts', 'fleet/cohortEvents', 'fleet/reconcile'],
  ...['fleet/launchTurn', 'fleet/demand', 'fleet/launching', 'fleet/inventory', 'fleet/spending'],
  'fleet/launchHealth',
];

/**
 * Tests of a file that has no test file of its own name, or needs more than that one. The fast ones run first; the
 * file's own test runs last where it is not named.
 */
const additionalTests: Record<string, string[]> = {
  'shared/presumedAt': ['recovery/replay'],
  'cohort/changes': ['cohort/changes', 'cohort/turns', 'cohort/billingReport', 'cohort/cohort'],
  'cohort/cohort': ['cohort/changes', 'cohort/turns', 'cohort/billingReport', 'cohort/cohortSetup'],
  'cohort/cohortSetup': ['cohort/cohortSetup', 'cohort/changes', 'cohort/turns', 'cohort/cohort'],
  'cohort/commands': ['cohort/commands', 'cohort/cohort', 'cohort/cohortSetup'],
  'cohort/drain': [
    ...['cohort/drain', 'cohort/loads', 'cohort/minimumIdle', 'cohort/degraded', 'cohort/lifetime'],
    ...['cohort/observe', 'cohort/turns', 'cohort/commands'],
  ],
  'cohort/orderedDrains': ['cohort/orderedDrains', 'cohort/drain', 'cohort/commands'],
  'cohort/loads': ['cohort/loads', 'cohort/drain', 'cohort/minimumIdle', 'cohort/unobserved'],
  'cohort/degradedCounts': ['cohort/degraded', 'cohort/lifetime', 'cohort/groupRecords'],
  'cohort/groupRecords': [
    'cohort/groupRecords',
    'cohort/unobserved',
    'cohort/slowStops',
    'cohort/degraded',
    'cohort/lifetime',
    'cohort/drain',
    'cohort/loads',
    'cohort/scaleDown',
  ],
  'cohort/observe': ['cohort/billing', 'cohort/groupRecords', 'cohort/unobserved'],
  'cohort/started': ['cohort/started', 'cohort/observe', 'cohort/unobserved'],
  'cohort/scaleDown': ['cohort/scaleDown', 'cohort/drain', 'cohort/degraded', 'cohort/lifetime'],
  'fleet/state': ['fleet/rotation', 'fleet/launching'],
  'fleet/adoption': ['fleet/state', 'fleet/lastLook'],
  'fleet/cohortStatus': ['fleet/reconcile'],
  'fleet/sendCommands': ['fleet/reconcile', 'fleet/demand'],
  'fleet/cohortEvents': [
    ...['fleet/waitingLoads', 'fleet/unitRequests', 'fleet/cohortEvents'],
    ...['fleet/launching', 'fleet/demand'],
  ],
  'fleet/tellListed': ['fleet/inventory'],
  'fleet/demand': ['fleet/demand', 'fleet/unitRequests', 'fleet/degradedGroups', 'fleet/rotation'],
  'fleet/fleetManager': managerTests,
  'fleet/schedulerRegion': ['fleet/fleetManager', ...managerTests],
  'fleet/inventoryRegion': ['fleet/fleetManager', 'fleet/recordList', ...managerTests],
  'fleet/fleetActions': ['fleet/fleetManager', ...managerTests],
  'fleet/fleetSetup': [
    ...['fleet/fleetSetup', 'fleet/fleetManager', 'fleet/demand', 'fleet/inventory'],
    'fleet/spending',
  ],
  'group/launchOutcome': ['group/launchOutcome', 'group/launch'],
  'fleet/inventory': ['fleet/adoption', 'fleet/inventory', 'fleet/fleetManager'],
  'fleet/launchGate': ['fleet/spending'],
  'fleet/launchTurn': ['fleet/launchTurn', 'fleet/reconcile'],
  'fleet/launching': ['fleet/launching', 'fleet/reconcile', 'fleet/inventory'],
  'fleet/reconcile': [
    ...['fleet/reconcile', 'fleet/launchGate', 'fleet/shares'],
    ...['fleet/swap', 'fleet/degradedGroups', 'fleet/fleetManager', 'fleet/cohortEvents'],
  ],
  'fleet/money': ['fleet/spending'],
  'scheduler/connectedWorkers': [
    'scheduler/connectedWorkers',
    'scheduler/monitor',
    'scheduler/monitorStream',
  ],
  'scheduler/dialect': ['scheduler/dialect', 'scheduler/dialogue', 'scheduler/sessionSetup'],
  'scheduler/dialogue': [
    'scheduler/sessionSetup',
    'scheduler/heartbeat',
    'scheduler/dialogue',
    'scheduler/session',
  ],
  'scheduler/heartbeat': [
    'scheduler/heartbeat',
    'scheduler/sessionSetup',
    'scheduler/dialogue',
    'scheduler/session',
  ],
  'scheduler/identityConflict': [
    'scheduler/identityConflict',
    'scheduler/dialogue',
    'scheduler/sessionSetup',
  ],
  'scheduler/messages': ['scheduler/unitProtocol', 'scheduler/heartbeat', 'scheduler/dialogue'],
  'scheduler/monitor': ['scheduler/monitorStream'],
  'scheduler/monitorStream': [
    'scheduler/monitorStream',
    'scheduler/connectedWorkers',
    'scheduler/monitor',
  ],
  'scheduler/session': ['scheduler/sessionSetup', 'scheduler/heartbeat', 'scheduler/dialogue'],
  'scheduler/sessionSetup': ['scheduler/heartbeat', 'scheduler/dialogue', 'scheduler/session'],
  'scheduler/sessionState': ['scheduler/sessionSetup', 'scheduler/dialogue', 'scheduler/session'],
  'scheduler/unitProtocol': [
    'scheduler/unitProtocol',
    'scheduler/unitShutdown',
    'scheduler/dialogue',
  ],
  'scheduler/unitShutdown': [
    'scheduler/unitShutdown',
    'scheduler/unitProtocol',
    'scheduler/dialogue',
  ],
  'scheduler/unitState': ['scheduler/unitProtocol', 'scheduler/unitShutdown', 'scheduler/dialogue'],
};

/** The same for files of src/. */
const additionalSourceTests: Record<string, string[]> = {
  'src/aws/errorTable': ['src/aws/errors'],
  'src/aws/tasks/missingCluster': ['src/aws/tasks/stopTask', 'src/aws/tasks/describeTasks'],
  'src/aws/tasks/ownAccount': ['src/aws/tasks/stopTask', 'src/aws/tasks/describeTasks'],
  'src/aws/tasks/taggedTask': ['src/aws/tasks/listTasks'],
  'src/store/fields': ['src/store/records'],
  'src/store/files': ['src/store/journalFile', 'src/store/journal'],
  'src/store/journal': ['src/store/journalFile', 'src/store/readJournal'],
  'src/store/readJournal': ['src/store/journal', 'src/store/upgrade', 'src/daemon/wiring'],
};

/** Effects, store and AWS: the parts of src/ whose mistakes lose tasks or launch them twice. */
const sourceParts = [
  ...['src/store', 'src/aws/tasks', 'src/aws/errors.ts', 'src/aws/errorTable.ts'],
  ...[
    'src/aws/wellFormed.ts',
    'src/aws/plainAnswers.ts',
    'src/aws/regionalEcs.ts',
    'src/aws/unsent.ts',
  ],
  ...['src/daemon/ledgerEffects.ts', 'src/daemon/startup.ts', 'src/daemon/describedTasks.ts'],
  ...['src/daemon/siblingTasks.ts', 'src/daemon/stopTime.ts', 'src/daemon/taskTimes.ts'],
];

/** Test files of a file, by its path without the ending. */
function testsOf(name: string): string[] {
  const machine = name.replace(/^machines\//, '');
  const names =
    machine === name
      ? [...(additionalSourceTests[name] ?? []), name]
      : [...(additionalTests[machine] ?? []), machine].map((one) => `machines/${one}`);
  const paths = [...new Set(names)].map((one) => `test/${one}.test.ts`);
  const isThere = (path: string) => existsSync(path);
  // A file may have no test of its own name, but what the tables above name must be there.
  const gone = paths.slice(0, -1).filter((path) => !isThere(path));
  if (gone.length > 0) throw new Error(`${name} names tests that are gone: ${gone.join(', ')}`);
  return paths.filter(isThere);
}

async function mutate(name: string, jobs: number): Promise<Mutant[]> {
  process.env.MUTATION_TESTS = JSON.stringify(testsOf(name));
  const stryker = new Stryker({
    mutate: [`${name}.ts`],
    mutator: { excludedMutations: ['StringLiteral'] },
    // Stryker's own vitest runner selects tests by name; a mutant can change the names of the edge walks.
    plugins: [new URL('vitestRunner.ts', import.meta.url).pathname],
    testRunner: 'kept-vitest',
    testRunnerNodeArgs: ['--import', 'tsx'],
    coverageAnalysis: 'off',
    concurrency: jobs,
    // Long, because on a busy machine a shorter limit would count slow tests as endless mutants.
    timeoutMS: 30_000,
    ignorePatterns: [
      '**',
      '!machines/**',
      '!src/**',
      '!test/**',
      '!package.json',
      '!tsconfig.json',
    ],
    tempDirName: '.cache/mutation',
    reporters: [],
    logLevel: 'error' as never, // The type is a const enum that Stryker does not export as a value.
    allowConsoleColors: false,
  });
  return await stryker.runMutationTest();
}

/** The original source text of a mutant, on one line. */
function originalText(text: string, { start, end }: Mutant['location']): string {
  const lines = text.split('\n').slice(start.line - 1, end.line);
  lines.push((lines.pop() as string).slice(0, end.column - 1));
  lines.unshift((lines.shift() as string).slice(start.column - 1));
  return lines.map((line) => line.trim()).join(' ');
}

const shortened = (text: string): string => (text.length > 80 ? `${text.slice(0, 77)}...` : text);

/** Identifies a mutant by its line's text and its change, because line numbers change. */
const nameOf = (text: string, { location, replacement }: Mutant): Survivor => ({
  line: text.split('\n')[location.start.line - 1]?.trim() ?? '',
  change: `${shortened(originalText(text, location))} => ${shortened(replacement.replaceAll(/\s+/g, ' '))}`,
});

const reasonOf = (file: string, { line, change }: Survivor): string | undefined =>
  survivors.find(({ mutants }) =>
    mutants[file]?.some((one) => one.line === line && one.change === change),
  )?.why;

const { values, positionals } = readOptions(usage, {
  allowPositionals: true,
  options: { jobs: { type: 'string', default: '1' } },
});
/** The names of the files of machines/ and src/, without the ending. */
const files = ['machines', 'src'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file.replace(/\.ts$/, '')}`),
);
const chosen = (positionals.length > 0 ? positionals : ['machines', ...sourceParts]).map((path) =>
  path.replace(/\/$|\.ts$/g, ''),
);
const requested = chosen.map((path) =>
  files.filter((file) => file === path || file.startsWith(`${path}/`)),
);
const jobs = Number(values.jobs);
if (!Number.isInteger(jobs) || jobs < 1)
  refuse(usage, `--jobs ${values.jobs}: must be a whole number from 1 on`);
for (const [i, found] of requested.entries())
  if (found.length === 0) refuse(usage, `${chosen[i]}: no such file or folder`);

const sum = { mutants: 0, killed: 0, unexplained: 0 };
const ofMachines = { mutants: 0, killed: 0 };
const scoreOf = ({ mutants, killed }: { mutants: number; killed: number }): number =>
  mutants === 0 ? 100 : (100 * killed) / mutants;
const belowMinScore: string[] = [];
let staleSurvivors = 0;

for (const name of requested.flat()) {
  const file = `${name}.ts`;
  const text = readFileSync(file, 'utf8');
  const mutants = (await mutate(name, jobs)).filter(({ status }) => status !== 'Ignored');
  const alive = mutants.filter(({ status }) => status !== 'Killed' && status !== 'Timeout');
  const killed = mutants.length - alive.length;
  const timedOut = mutants.filter(({ status }) => status === 'Timeout').length;
  const counts = { mutants: mutants.length, killed };
  const score = scoreOf(counts);
  const timeoutText = timedOut > 0 ? `; ${timedOut} of them by timeout` : '';
  console.log(
    `${file}: ${killed} of ${mutants.length} killed, ${score.toFixed(1)} %${timeoutText}`,
  );
  const names = alive.map((mutant) => nameOf(text, mutant));
  for (const [i, name] of names.entries()) {
    const why = reasonOf(file, name);
    console.log(
      `  ${file}:${alive[i]?.location.start.line} ${name.change}\n    ${why ?? 'NO REASON GIVEN'}`,
    );
    if (why === undefined) sum.unexplained++;
  }
  for (const { line, change } of survivors.flatMap((one) => one.mutants[file] ?? []))
    if (!names.some((name) => name.line === line && name.change === change)) {
      console.log(`  listed as a survivor, but killed or gone: ${change}`);
      staleSurvivors++;
    }
  if (score < minScore) belowMinScore.push(file);
  for (const each of name.startsWith('machines/') ? [sum, ofMachines] : [sum]) {
    each.mutants += counts.mutants;
    each.killed += counts.killed;
  }
}

if (chosen.includes('machines') && scoreOf(ofMachines) < minScoreOfMachines)
  belowMinScore.push('machines');
const score = +scoreOf(sum).toFixed(1);
console.log(JSON.stringify({ ...sum, score, weak: belowMinScore, outlived: staleSurvivors }));
if (belowMinScore.length > 0 || sum.unexplained > 0 || staleSurvivors > 0) process.exitCode = 1;
