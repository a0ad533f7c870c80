import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readmeBlock } from '../../src/shared/readmeBlock.ts';
import { installedPackages, readSizes, type Sizes, sizesTable } from './sizes.ts';

const sizes: Sizes = {
  ...{ packedMb: 1.26, unpackedMb: 6.9, packages: 76, packagesMb: 87.61 },
  largest: [
    { name: 'zeromq', mb: 34.35 },
    { name: '@aws-sdk/client-ec2', mb: 18.6 },
  ],
};

it('are written as a table that can be read again', () => {
  const table = sizesTable(sizes);
  expect(table).toContain('| the largest of these | zeromq 34.4 MB, @aws-sdk/client-ec2 18.6 MB |');
  expect(readSizes(table)).toEqual({
    ...{ packedMb: 1.3, unpackedMb: 6.9, packages: 76, packagesMb: 87.6 },
  });
  expect(readSizes(table.replace('| 6.9 MB', ''))).toBeNull();
});

describe('the sizes in the README', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const stated = readSizes(readmeBlock(readme, 'sizes'));
  const installed = installedPackages();

  it('count the packages that a user installs: npm run sizes writes them', () => {
    expect(stated?.packages).toBe(installed.length);
  });

  it('do not count the compiler, which capnp-es only offers to use', () => {
    const own = new URL('../../node_modules/capnp-es/package.json', import.meta.url);
    const { peerDependencies, peerDependenciesMeta } = JSON.parse(readFileSync(own, 'utf8'));
    expect(Object.keys(peerDependencies)).toEqual(['typescript']);
    expect(peerDependenciesMeta).toEqual({ typescript: { optional: true } });
    const lock = new URL('../../package-lock.json', import.meta.url);
    const { packages } = JSON.parse(readFileSync(lock, 'utf8'));
    const needed = Object.entries<{ dev?: true; dependencies?: object }>(packages)
      .filter(([, { dev, dependencies = {} }]) => !dev && 'typescript' in dependencies)
      .map(([path]) => path);
    expect(needed).toEqual([]);
  });

  it('are within a tenth of what these packages take', () => {
    const mb = installed.reduce((sum, { bytes }) => sum + bytes, 0) / 1_000_000;
    expect(Math.abs(mb / (stated?.packagesMb ?? Number.NaN) - 1)).toBeLessThan(0.1);
  });
});
