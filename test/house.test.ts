import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { markdownTable } from '../src/config/docs.ts';
import { readmeBlock } from '../src/shared/readmeBlock.ts';
import { matrixTable } from './interop/matrixTable.ts';

const root = new URL('..', import.meta.url).pathname;

const filesIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.name.startsWith('.') || entry.name === 'node_modules') return [];
    return entry.isDirectory() ? filesIn(path) : [path];
  });

const isCode = (path: string) => /\.(ts|mjs)$/.test(path);
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
    /^(?:import|export)\s+(type\s)?(?:([^'";]*?)\sfrom\s+)?'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm,
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
  'src/demo': ['src/scheduler'],
  'src/diagrams': ['machines'],
  cli: ['src/daemon', 'src/config', 'src/scheduler', 'src/emulator', 'src/demo', 'src/control'],
  test: 'everything',
};

const offence = (path: string, { to, typesOnly }: Import): string | null => {
  const room = roomOf(path);
  const other = roomOf(to);
  const allowed = mayUse[room] ?? [];
  if (!isOurs(to)) return room === 'machines' && to !== 'xstate' ? `${path} imports ${to}` : null;
  if (other === room) return null;
  if ((other === 'test' || other === 'cli') && room !== 'test') return `${path} imports ${to}`;
  if (allowed === 'everything' || allowed.includes(other)) return null;
  if (room !== 'machines' && isCommon(to)) return null;
  const isFact = typesOnly || to.startsWith('machines/shared/');
  if (room !== 'machines' && room !== 'src/emulator' && other === 'machines' && isFact) return null;
  return `${path} imports ${to}`;
};

const isOurs = (to: string) => /^(machines|src|cli|test)\//.test(to);

describe('who may import whom', () => {
  const imports = code.map((path) => ({
    path,
    targets: importsIn(path, readFileSync(join(root, path), 'utf8')),
  }));

  it('is kept by every file', () => {
    expect(
      imports.flatMap(({ path, targets }) =>
        targets.flatMap((target) => offence(path, target) ?? []),
      ),
    ).toEqual([]);
  });

  it('is told from the import lines', () => {
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
`,
    );
    expect(found).toEqual([
      { to: 'machines/shared/domain.ts', typesOnly: true },
      { to: '@scope/pack', typesOnly: true },
      { to: 'src/scheduler/transport/dealer.ts', typesOnly: false },
      { to: 'src/aws/b.ts', typesOnly: false },
      { to: 'node:fs', typesOnly: false },
      { to: 'src/store/journal.ts', typesOnly: false },
    ]);
    expect(found.filter((one) => offence('src/aws/a.ts', one)).map(({ to }) => to)).toEqual([
      'src/scheduler/transport/dealer.ts',
      'src/store/journal.ts',
    ]);
    const value = { to: 'machines/fleet/plan.ts', typesOnly: false };
    expect(offence('src/aws/a.ts', value)).not.toBeNull();
    expect(offence('src/daemon/a.ts', value)).toBeNull();
    expect(offence('src/emulator/a.ts', { ...value, typesOnly: true })).not.toBeNull();
    expect(offence('machines/a.ts', { to: 'node:fs', typesOnly: false })).not.toBeNull();
    expect(offence('machines/a.ts', { to: 'src/shared/clock.ts', typesOnly: true })).not.toBeNull();
    expect(offence('src/daemon/a.ts', { to: 'cli/run.ts', typesOnly: false })).not.toBeNull();
  });

  it('leaves out what is not installed with us', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const provided = new Set([...Object.keys(dependencies), 'scaler-ecs', ...builtinModules]);
    const shipped = imports.filter(
      ({ path }) =>
        !path.startsWith('test/') && !path.startsWith('src/diagrams/') && !path.endsWith('.mjs'),
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

/** A test is a list of cases: it may be longer than a thought. */
const mostLines = (path: string): number => (path.startsWith('test/') ? 550 : 350);

/** Files that wait to be parted, and their lines: they may shrink, never grow, and then leave this list. */
const stillTooLong: Record<string, number> = {
  'test/conformance/scenarios.ts': 653,
};

describe('files', () => {
  it('are short enough to be one thought', () => {
    const long = code
      .filter((path) => !isGenerated(path))
      .map((path) => [path, readFileSync(join(root, path), 'utf8').split('\n').length - 1] as const)
      .filter(([path, lines]) => lines > mostLines(path));
    expect(long.filter(([path, lines]) => lines > (stillTooLong[path] ?? 0))).toEqual([]);
    expect(Object.keys(stillTooLong).filter((path) => !long.some(([one]) => one === path))).toEqual(
      [],
    );
  });

  it('are called like what they export', () => {
    const odd = code.filter(
      (path) =>
        !isGenerated(path) &&
        !/^([a-z][A-Za-z0-9]*)(\.test|\.config)?\.(ts|mjs)$/.test(path.split('/').at(-1) ?? ''),
    );
    expect(odd).toEqual([]);
    expect(code.filter((path) => /\/(index|utils|helpers)\.ts$/.test(path))).toEqual([]);
  });
});

describe.runIf(existsSync(join(root, 'README.md')))('README', () => {
  const text = () => readFileSync(join(root, 'README.md'), 'utf8');

  it('shows the settings as they are (npm run docs)', () => {
    expect(readmeBlock(text(), 'config')).toBe(markdownTable().trim());
  });

  it('shows the releases as they were played (npm run interop:matrix -- --table)', () => {
    const rows = JSON.parse(readFileSync(join(root, 'test/interop/matrix.json'), 'utf8'));
    expect(readmeBlock(text(), 'matrix')).toBe(matrixTable(rows));
  });
});
