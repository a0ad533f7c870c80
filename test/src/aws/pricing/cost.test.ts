import { describe, expect, it } from 'vitest';
import { type BilledTask, billedSeconds, hourlyCost } from '../../../../src/aws/pricing/cost.ts';
import { commonPrices, regionPrices } from '../../../../src/aws/pricing/priceTable.ts';

const task: BilledTask = {
  region: 'us-east-1',
  architecture: 'X86_64',
  cpu: 4,
  memoryGb: 30,
  spot: false,
  publicIp: false,
};

describe('an hour of one Fargate task', () => {
  it.each([
    ["the page's example", {}, 0.2953],
    ['a public address', { publicIp: true }, 0.3003],
    ['ARM', { architecture: 'ARM64' as const }, 0.2363],
    ['Spot, whose factor leaves the address out', { spot: true, publicIp: true }, 0.0965],
    ['100 GB of storage, of which 20 are free', { storageGb: 100 }, 0.3042],
    ['storage below what is free', { storageGb: 10 }, 0.2953],
    ['another region', { region: 'eu-central-1' }, 0.3395],
  ])('costs with %s', (_, more, usd) => {
    expect(hourlyCost({ ...task, ...more })?.total).toBeCloseTo(usd, 4);
  });

  it('is the sum of its parts', () => {
    const cost = hourlyCost({ ...task, publicIp: true, storageGb: 50 });
    const { total = 0, cpu = 0, memory = 0, storage = 0, publicIp = 0 } = cost ?? {};
    expect(total).toBeCloseTo(cpu + memory + storage + publicIp, 12);
  });

  it.each([
    ['an unknown region', { region: 'xx-north-1' }],
    ['an architecture without a price', { region: 'us-west-2', architecture: 'ARM64' as const }],
  ])('has no price for %s', (_, more) => {
    expect(hourlyCost({ ...task, ...more })).toBeNull();
  });

  it('takes other prices', () => {
    const regions = {
      here: { x86: { vcpuHour: 1, gbHour: 0.1 }, arm: null, source: 'a contract' },
    };
    const cost = hourlyCost({ ...task, region: 'here' }, { regions, common: commonPrices });
    expect(cost?.total).toBeCloseTo(7, 12);
  });
});

it.each([
  [0, 60],
  [59.2, 60],
  [60.1, 61],
  [3600, 3600],
])('%f s are billed as %i s', (lived, billed) => {
  expect(billedSeconds(lived)).toBe(billed);
});

it('every row of the price table has a source, and ARM is cheaper', () => {
  for (const { x86, arm, source } of Object.values(regionPrices)) {
    expect(source).toMatch(/20\d\d-\d\d-\d\d/);
    if (arm) expect(arm.vcpuHour).toBeLessThan(x86.vcpuHour);
  }
});
