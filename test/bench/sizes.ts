import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the npm package is, and what comes with it when it is installed. */
export interface Sizes {
  /** The package as it is downloaded, and as it is on disk, MB. */
  packedMb: number;
  unpackedMb: number;
  /** The packages that it needs, how many and how large, MB. */
  packages: number;
  packagesMb: number;
  /** The largest of them, MB. */
  largest: { name: string; mb: number }[];
}

interface Locked {
  dev?: true;
  /** Needed by what is for development, and offered by others. */
  devOptional?: true;
}

const root = new URL('../..', import.meta.url).pathname;
const bytesInMb = 1_000_000;

/** How large the files of a folder are, without packages inside it: they are counted by themselves. */
export function bytesOf(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) return sum + lstatSync(path).size;
    return entry.name === 'node_modules' ? sum : sum + bytesOf(path);
  }, 0);
}

/** Of each package that a user installs, its path and how large it is. */
export function installedPackages(): { name: string; bytes: number }[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked>;
  };
  return Object.entries(lock.packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional)
    .map(([path]) => ({ name: path.replace('node_modules/', ''), folder: join(root, path) }))
    .filter(({ folder }) => existsSync(folder))
    .map(({ name, folder }) => ({ name, bytes: bytesOf(folder) }));
}

/** Of the build that is in dist. */
export function measureSizes(): Sizes {
  const flags = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const [pack] = JSON.parse(execFileSync('npm', flags, { cwd: root, encoding: 'utf8' })) as [
    { size: number; unpackedSize: number },
  ];
  const installed = installedPackages().sort((a, b) => b.bytes - a.bytes);
  return {
    packedMb: pack.size / bytesInMb,
    unpackedMb: pack.unpackedSize / bytesInMb,
    packages: installed.length,
    packagesMb: installed.reduce((sum, { bytes }) => sum + bytes, 0) / bytesInMb,
    largest: installed.slice(0, 5).map(({ name, bytes }) => ({ name, mb: bytes / bytesInMb })),
  };
}

const mb = (value: number): string => `${value.toFixed(1)} MB`;

/** As the README shows it. */
export function sizesTable({ largest, ...sizes }: Sizes): string {
  const { packedMb, unpackedMb, packages, packagesMb } = sizes;
  const parts = largest.map(({ name, mb: size }) => `${name} ${mb(size)}`);
  const rows = [
    ['the npm package, downloaded', mb(packedMb)],
    ['the npm package, installed', mb(unpackedMb)],
    [`the ${packages} packages that it needs, installed`, mb(packagesMb)],
    ['the largest of these', parts.join(', ')],
  ];
  return ['| what | size |\n|---|---|', ...rows.map((cells) => `| ${cells.join(' | ')} |`)].join(
    '\n',
  );
}

/** What a table says; null: it does not say it. */
export function readSizes(table: string): Omit<Sizes, 'largest'> | null {
  const found = [
    /downloaded \| ([\d.]+) MB/,
    /package, installed \| ([\d.]+) MB/,
    /the (\d+) packages/,
    /needs, installed \| ([\d.]+) MB/,
  ].map((pattern) => Number(pattern.exec(table)?.[1] ?? Number.NaN));
  const [packedMb = 0, unpackedMb = 0, packages = 0, packagesMb = 0] = found;
  return found.some(Number.isNaN) ? null : { packedMb, unpackedMb, packages, packagesMb };
}
