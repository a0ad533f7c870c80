import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { markdownTable } from '../src/config/docs.ts';
import { readmeBlock } from '../src/shared/readmeBlock.ts';
import { events } from '../src/telemetry/events.ts';
import { eventsTable, troubleshootingTable } from '../src/telemetry/eventsTable.ts';
import { matrixTable } from './interop/matrixTable.ts';

const root = new URL('..', import.meta.url).pathname;

const filesIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.name.startsWith('.') || entry.name === 'node_modules') return [];
    return entry.isDirectory() ? filesIn(path) : [path];
  });

const isCode = (path: string) => /\.(ts|cts|mjs)$/.test(path);
const ours = ['machines', 'src', 'cli', 'test'].flatMap(filesIn);
const code = ours.filter(isCode);
const isGenerated = (path: string) => path.startsWith('src/scheduler/protocol/schema/');

interface Import {
  /** A path of ours, or the name of a package. */
  to: string;
  typesOnly: boolean;
}

/** What a file imports, statically, as types or when it runs. */
const importsIn = (path: string, text: string): Import[] => {
  const statements = text.matchAll(
    /^(?:import|export)\s+(type\s)?(?:([^'";]*?)\sfrom\s+)?'([^']+)'|\b(?:import|require)\(\s*'([^']+)'\s*\)/gm,
  );
  return [...statements].map(([, typeWord, clause = '', from, whenItRuns]) => {
    const target = from ?? whenItRuns ?? '';
    const names = /^\{([^}]*)\}$/.exec(clause.trim())?.[1]?.split(',') ?? [];
    const given = names.map((name) => name.trim()).filter((name) => name !== '');
    return {
      to: target.startsWith('.') ? normalize(join(dirname(path), target)) : packageOf(target),
      typesOnly:
        typeWord !== undefined ||
        (given.length > 0 && given.every((name) => name.startsWith('type '))),
    };
  });
};

const packageOf = (name: string): string =>
  name.startsWith('node:') ? name : name.split('/', name.startsWith('@') ? 2 : 1).join('/');

/** `src/aws` for `src/aws/client.ts`, `machines` for `machines/fleet/plan.ts`, a lone file for itself. */
const roomOf = (path: string): string => {
  const [top = '', second = '', ...rest] = path.split('/');
  return top === 'src' ? (rest.length > 0 ? `src/${second}` : path) : top;
};

const isCommon = (path: string): boolean =>
  path.startsWith('src/shared/') || path.startsWith('src/telemetry/');

/** Rooms that may use others than their own; `machines` alone means more than types. */
const mayUse: Record<string, string[] | 'everything'> = {
  machines: ['machines'],
  'src/daemon': 'everything',
  // The room of the control socket: it knows a daemon by what its source answers.
  'src/control': [],
  'src/demo': ['src/scheduler'],
  'src/diagrams': ['machines'],
  // Walks of the machines, and what a log says of them.
  'src/paths': ['machines'],
  cli: [
    'src/paths',
    'src/daemon',
    'src/config',
    'src/scheduler',
    'src/emulator',
    'src/demo',
    'src/control',
  ],
  test: 'everything',
};

const isOurs = (to: string) => /^(machines|src|cli|test)\//.test(to);

/** What is wrong with an import; null: nothing. */
function offence(path: string, { to, typesOnly }: Import): string | null {
  const room = roomOf(path);
  const other = roomOf(to);
  const allowed = mayUse[room] ?? [];
  if (!isOurs(to)) return room === 'machines' && to !== 'xstate' ? `${path} imports ${to}` : null;
  if (other === room) return null;
  if ((other === 'test' || other === 'cli') && room !== 'test') return `${path} imports ${to}`;
  if (allowed === 'everything' || allowed.includes(other)) return null;
  if (room === 'src/shared')
    return typesOnly && to.startsWith('machines/shared/') ? null : `${path} imports ${to}`;
  if (room !== 'machines' && isCommon(to)) return null;
  // The emulator stands for AWS: it knows nothing of the machines.
  const isFact = typesOnly || to.startsWith('machines/shared/');
  if (room !== 'machines' && room !== 'src/emulator' && other === 'machines' && isFact) return null;
  return `${path} imports ${to}`;
}

/** Circles among files, each once, as a depth-first search meets them: `a -> b -> a`. Types count as well. */
function circlesIn(targetsOf: ReadonlyMap<string, readonly string[]>): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const way: string[] = [];
  function visit(path: string): void {
    const met = way.indexOf(path);
    if (met >= 0) circles.push([...way.slice(met), path].join(' -> '));
    if (met >= 0 || done.has(path)) return;
    way.push(path);
    for (const target of targetsOf.get(path) ?? []) visit(target);
    way.pop();
    done.add(path);
  }
  for (const path of targetsOf.keys()) visit(path);
  return circles;
}

const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('the imports of the code', () => {
  const imports = code.map((path) => ({ path, targets: importsIn(path, textOf(path)) }));

  it('point only in the allowed directions', () => {
    expect(
      imports.flatMap(({ path, targets }) =>
        targets.flatMap((target) => offence(path, target) ?? []),
      ),
    ).toEqual([]);
  });

  it('form no circle', () => {
    const targetsOf = imports.map(
      ({ path, targets }) => [path, targets.map(({ to }) => to).filter(isOurs)] as const,
    );
    expect(circlesIn(new Map(targetsOf))).toEqual([]);
  });

  it('are found in every form of an import line, and judged by folder and by whether they are types', () => {
    const found = importsIn(
      'src/aws/a.ts',
      `import { type A, type B } from '../../machines/shared/domain.ts';
import type { C } from '@scope/pack/deep';
import {
  type D,
  e,
} from '../scheduler/transport/dealer.ts';
export { f } from './b.ts';
import 'node:fs';
const g = await import('../store/journal.ts');
const h = require('node:os') as typeof import('node:os');
`,
    );
    expect(found).toEqual([
      { to: 'machines/shared/domain.ts', typesOnly: true },
      { to: '@scope/pack', typesOnly: true },
      { to: 'src/scheduler/transport/dealer.ts', typesOnly: false },
      { to: 'src/aws/b.ts', typesOnly: false },
      { to: 'node:fs', typesOnly: false },
      { to: 'src/store/journal.ts', typesOnly: false },
      { to: 'node:os', typesOnly: false },
      { to: 'node:os', typesOnly: false },
    ]);
    expect(found.filter((one) => offence('src/aws/a.ts', one)).map(({ to }) => to)).toEqual([
      'src/scheduler/transport/dealer.ts',
      'src/store/journal.ts',
    ]);
  });

  it.each([
    ['src/aws/a.ts', 'machines/fleet/plan.ts', 'value', false],
    ['src/aws/a.ts', 'machines/fleet/plan.ts', 'type', true],
    ['src/aws/a.ts', 'machines/shared/ids.ts', 'value', true],
    ['src/aws/a.ts', 'src/telemetry/log.ts', 'value', true],
    ['src/aws/a.ts', 'src/shared/clock.ts', 'value', true],
    ['src/aws/a.ts', 'src/store/journal.ts', 'type', false],
    ['src/daemon/a.ts', 'machines/fleet/plan.ts', 'value', true],
    ['src/daemon/a.ts', 'src/scheduler/schedulerSocket.ts', 'value', true],
    ['src/daemon/a.ts', 'cli/run.ts', 'value', false],
    ['src/demo/a.ts', 'src/scheduler/transport/ymq.ts', 'value', true],
    ['src/demo/a.ts', 'src/aws/client.ts', 'value', false],
    ['src/emulator/a.ts', 'machines/fleet/plan.ts', 'type', false],
    ['src/emulator/a.ts', 'machines/shared/ids.ts', 'value', false],
    ['machines/a.ts', 'node:fs', 'value', false],
    ['machines/a.ts', 'xstate', 'value', true],
    ['machines/a.ts', 'src/shared/clock.ts', 'type', false],
    ['cli/a.ts', 'src/daemon/main.ts', 'value', true],
    ['cli/a.ts', 'src/store/journal.ts', 'value', false],
    ['cli/a.ts', 'machines/fleet/plan.ts', 'value', false],
    ['src/shared/a.ts', 'src/aws/client.ts', 'type', false],
    ['src/shared/a.ts', 'src/telemetry/log.ts', 'type', false],
    ['src/shared/a.ts', 'src/shared/clock.ts', 'value', true],
    ['src/shared/a.ts', 'machines/shared/domain.ts', 'type', true],
    ['src/shared/a.ts', 'machines/shared/ids.ts', 'value', false],
    ['src/shared/a.ts', 'machines/fleet/plan.ts', 'type', false],
    ['src/telemetry/a.ts', 'src/shared/clock.ts', 'value', true],
    ['src/telemetry/a.ts', 'src/store/journal.ts', 'type', false],
    ['src/shared/a.ts', 'test/support/world.ts', 'type', false],
  ])('of %s from %s as a %s: allowed is %s', (path, to, kind, allowed) => {
    expect(offence(path, { to, typesOnly: kind === 'type' }) === null).toBe(allowed);
  });

  it('that form a circle are reported as the way around it', () => {
    const targetsOf = { a: ['b', 'c'], b: ['d'], c: ['d'], d: ['c', 'e'], e: [], f: ['f'] };
    expect(circlesIn(new Map(Object.entries(targetsOf)))).toEqual(['d -> c -> d', 'f -> f']);
  });

  it('load the clients of EC2 and Service Quotas only when doctor asks for them', () => {
    const loading = imports.flatMap(({ path, targets }) =>
      /^(src|cli|machines)\//.test(path) &&
      targets.some(
        ({ to, typesOnly }) =>
          !typesOnly && ['@aws-sdk/client-ec2', '@aws-sdk/client-service-quotas'].includes(to),
      )
        ? [path]
        : [],
    );
    expect(loading).toEqual(['src/aws/preflight/readNetwork.ts', 'src/aws/preflight/readQuota.ts']);
    const preflight = imports.filter(
      ({ path, targets }) =>
        !/^(test|src\/aws\/preflight|src\/daemon\/doctor)\//.test(path) &&
        targets.some(({ to }) => to.startsWith('src/aws/preflight/')),
    );
    expect(preflight).toEqual([]);
  });

  it('name only packages that are installed with the daemon', () => {
    const { dependencies } = JSON.parse(textOf('package.json')) as {
      dependencies: Record<string, string>;
    };
    const provided = new Set([...Object.keys(dependencies), 'scaler-ecs', ...builtinModules]);
    const shipped = imports.filter(
      ({ path }) =>
        !path.startsWith('test/') &&
        !path.startsWith('src/diagrams/') &&
        path !== 'src/page/build.ts' &&
        !path.endsWith('.mjs'),
    );
    expect(
      shipped.flatMap(({ path, targets }) =>
        targets.flatMap(({ to, typesOnly }) =>
          isOurs(to) || typesOnly || to.startsWith('node:') || provided.has(to)
            ? []
            : [`${path} imports ${to}`],
        ),
      ),
    ).toEqual([]);
  });
});

/** Time, chance and the outside world: they reach a machine in its events and its input. */
const impure = [
  ...[/\bMath\.random\b/, /\bDate\.now\b/, /\bnew Date\b/, /(?<![.\w])now\(/, /\bperformance\./],
  ...[/\bsetTimeout\b/, /\bsetInterval\b/, /\bsetImmediate\b/, /\bprocess\./, /\bconsole\./],
  ...[/['"]node:/, /\bfetch\(/, /\brandomUUID\b/],
];

const impuritiesIn = (text: string): string[] =>
  impure.flatMap((pattern) => pattern.exec(text)?.[0] ?? []);

/** A time as a literal: a constant or a limit in milliseconds, or a whole number of seconds. */
const timesIn = (text: string): string[] =>
  text.match(/\w+Ms(?:: \w+)?(?: =|:) [1-9][\d_]*\b|\b\d+_000\b/g) ?? [];

describe('the machines', () => {
  it('read no clock, draw no random number, start no timer and reach nothing outside', () => {
    const machines = code.filter((path) => path.startsWith('machines/'));
    expect(machines.length).toBeGreaterThan(10);
    expect(
      machines.flatMap((path) => impuritiesIn(textOf(path)).map((found) => `${path}: ${found}`)),
    ).toEqual([]);
  });

  it.each([
    ['const at = Date.now();', 'Date.now'],
    ['const at = now();', 'now('],
    ['jitter: Math.random()', 'Math.random'],
    ['setTimeout(done, 5)', 'setTimeout'],
    ["import { readFileSync } from 'node:fs';", "'node:"],
  ])('are found out by %s', (text, found) => {
    expect(impuritiesIn(text)).toEqual([found]);
  });

  it('may name the time that an event brings', () => {
    expect(impuritiesIn('until > event.now && now < context.now')).toEqual([]);
  });
});

/** They move bytes and make calls: what depends on time or chance is decided in machines/. */
const effectRooms = ['src/scheduler/', 'src/store/', 'src/aws/tasks/'];

const timeOrChance =
  /\bMath\.random\b|\bDate\.now\b|\bnew Date\(\)|\bperformance\.|\bsetInterval\b|\bshared\/clock\b/g;

/** The places that read a clock or draw a random number, and what for. */
const readers: Record<string, { found: string[]; why: string }> = {
  'src/scheduler/monitorSocket.ts': {
    found: ['shared/clock', 'Math.random'],
    why: 'events for the monitor: when each came, and the jitter of one that says that the connection is closed',
  },
  'src/scheduler/schedulerSocket.ts': {
    found: ['shared/clock', 'Math.random'],
    why: 'events for the session: when each came, and the jitter of one that says that the connection is closed',
  },
  'src/store/journal.ts': {
    found: ['shared/clock'],
    why: 'records of its own: a launch that is lost, an inventory that is owed, its end; and when a write has failed',
  },
  'src/store/readJournal.ts': {
    found: ['new Date()'],
    why: 'the name under which a damaged journal is kept',
  },
  'src/store/socketLock.ts': {
    found: ['Math.random'],
    why: 'two starts at one time pause for different times before they try again; no machine runs yet',
  },
};

describe('the code of sockets, of files and of calls about tasks', () => {
  const inRooms = code.filter(
    (path) => effectRooms.some((room) => path.startsWith(room)) && !isGenerated(path),
  );

  it('reads a clock and draws a random number only in the places that are listed, each with its reason', () => {
    expect(inRooms.length).toBeGreaterThan(30);
    const found = inRooms.flatMap((path) => {
      const words = textOf(path).match(timeOrChance) ?? [];
      return words.length > 0 ? [[path, words] as const] : [];
    });
    const allowed = Object.entries(readers).map(([path, { found: words }]) => [path, words]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(allowed));
  });

  it.each([
    ['setInterval(poll, 5)', ['setInterval']],
    ["import { now } from '../shared/clock.ts';", ['shared/clock']],
    ['if (Date.now() > until) return Math.random();', ['Date.now', 'Math.random']],
    ['timer = setTimeout(giveUp, timeoutMs)', null],
    ['new Date(createdAt)', null],
  ])('does so in this line, or not: %s', (text, words) => {
    expect(text.match(timeOrChance)).toEqual(words);
  });
});

describe('the times of the machines', () => {
  /** The times, and what an hour and a day are. */
  const homes = ['machines/shared/timing.ts', 'machines/shared/bill.ts'];

  it('are all in one file', () => {
    const elsewhere = code.filter((path) => path.startsWith('machines/') && !homes.includes(path));
    expect(
      elsewhere.flatMap((path) => timesIn(textOf(path)).map((found) => `${path}: ${found}`)),
    ).toEqual([]);
  });

  it.each([
    ['const slackMs = 1500;', ['slackMs = 1500']],
    ['const graceMs: number = 5;', ['graceMs: number = 5']],
    ['backoff(attempts, { firstMs: 1000, longestMs })', ['firstMs: 1000']],
    ['if (age > 30_000)', ['30_000']],
    ['since: event.at, Ms: now', []],
  ])('are found in %s', (text, found) => {
    expect(timesIn(text)).toEqual(found);
  });
});

/** Folders of test/ whose files test the file of the same name. */
const mirrors = ['test/machines/', 'test/src/', 'test/cli/'];

const testFolders = [
  ...['machines', 'src', 'cli', 'support', 'integration', 'interop', 'simulation', 'chaos'],
  ...['browser', 'conformance', 'mutation', 'bench', 'fuzz', 'vectors', 'screenshots'],
];

describe('the tests', () => {
  it('are each named after the file that they test', () => {
    const tested = code.filter(
      (path) => path.endsWith('.test.ts') && mirrors.some((mirror) => path.startsWith(mirror)),
    );
    expect(tested.length).toBeGreaterThan(50);
    const sourceOf = (path: string) => path.slice('test/'.length).replace(/\.test\.ts$/, '.ts');
    expect(tested.filter((path) => !code.includes(sourceOf(path)))).toEqual([]);
  });

  it('lie in the folders that have a meaning', () => {
    const folders = ours.flatMap((path) => /^test\/([^/]+)\//.exec(path)?.[1] ?? []);
    expect([...new Set(folders)].filter((name) => !testFolders.includes(name))).toEqual([]);
  });
});

/** A test is a list of cases: it may be longer than the code. */
const mostLines = (path: string): number => (path.startsWith('test/') ? 550 : 350);

/** Files that are too long, and their lines. May shrink, must not grow. */
const stillTooLong: Record<string, number> = {};

describe('the files of the code', () => {
  it('are short enough to be read at once: 350 lines, tests 550', () => {
    const long = code
      .filter((path) => !isGenerated(path))
      .map((path) => [path, readFileSync(join(root, path), 'utf8').split('\n').length - 1] as const)
      .filter(([path, lines]) => lines > mostLines(path));
    expect(long.filter(([path, lines]) => lines > (stillTooLong[path] ?? 0))).toEqual([]);
    expect(Object.keys(stillTooLong).filter((path) => !long.some(([one]) => one === path))).toEqual(
      [],
    );
  });

  it('have camel-case names that say what they hold', () => {
    const odd = code.filter(
      (path) =>
        !isGenerated(path) &&
        !/^([a-z][A-Za-z0-9]*)(\.test|\.config)?\.(ts|cts|mjs)$/.test(path.split('/').at(-1) ?? ''),
    );
    expect(odd).toEqual([]);
    expect(code.filter((path) => /\/(index|utils|helpers)\.ts$/.test(path))).toEqual([]);
  });
});

describe.runIf(existsSync(join(root, 'README.md')))('the README', () => {
  const text = () => readFileSync(join(root, 'README.md'), 'utf8');

  it('holds the table of settings as npm run docs writes it', () => {
    expect(readmeBlock(text(), 'config')).toBe(markdownTable().trim());
  });

  it('shows the events as they are (npm run docs)', () => {
    expect(readmeBlock(text(), 'events')).toBe(eventsTable().trim());
  });

  it('has a row of troubleshooting for each event with a remedy (npm run docs)', () => {
    expect(readmeBlock(text(), 'troubleshooting')).toBe(troubleshootingTable().trim());
  });

  it('names no event that is not in the table', () => {
    const subjects = new Set(Object.keys(events).map((name) => name.split('.')[0]));
    const quoted = [...text().matchAll(/`([a-z][A-Za-z]*)\.([a-z][A-Za-z]*)`/g)];
    const unknown = quoted.filter(
      ([, subject = '', what]) => subjects.has(subject) && !(`${subject}.${what}` in events),
    );
    expect(unknown.map(([name]) => name)).toEqual([]);
  });

  it('names only npm scripts, commands and files that exist', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const used = [...text().matchAll(/\bnpm run (?:--silent |-s )?([a-z][\w:]*)/g)].map(
      ([, name = '']) => name,
    );
    expect(used.filter((name) => !(name in scripts))).toEqual([]);
    expect(used.length).toBeGreaterThan(10);
    const commands = [...textOf('cli/main.ts').matchAll(/usage: '(\w+)/g)].map(([, name]) => name);
    const called = [...text().matchAll(/(?:`|^|sudo )scaler-ecs ([a-z]+)\b(?!\.)/gm)].map(
      ([, name]) => name,
    );
    expect(called.filter((name) => !commands.includes(name))).toEqual([]);
    const links = [...text().matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path = '']) => path);
    expect(links.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    const anchors = [...text().matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    );
    const jumps = [...text().matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = '']) => anchor);
    expect(jumps.filter((anchor) => !anchors.includes(anchor))).toEqual([]);
  });

  it('holds the table of tested releases as npm run interop:matrix -- --table prints it', () => {
    const rows = JSON.parse(readFileSync(join(root, 'test/interop/matrix.json'), 'utf8'));
    expect(readmeBlock(text(), 'matrix')).toBe(matrixTable(rows));
  });
});
