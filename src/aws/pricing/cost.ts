import {
  type CommonPrices,
  commonPrices,
  type Rate,
  type RegionPrices,
  regionPrices,
} from './priceTable.ts';

/** The size of one Fargate task, as far as it is billed. */
export interface BilledTask {
  region: string;
  architecture: 'X86_64' | 'ARM64';
  /** vCPU. */
  cpu: number;
  memoryGb: number;
  /** Default 20, which is free. */
  storageGb?: number | undefined;
  spot: boolean;
  publicIp: boolean;
}

/** USD per hour of one Fargate task, and what it consists of. */
export interface HourlyCost {
  total: number;
  cpu: number;
  memory: number;
  storage: number;
  publicIp: number;
}

export interface Prices {
  regions: Readonly<Record<string, RegionPrices>>;
  common: CommonPrices;
}

/** Prices that take the place of those in the table, USD; null or left out: as in the table. */
export interface PriceOverrides {
  vcpuHour?: number | null;
  gbHour?: number | null;
  storageGbHour?: number | null;
  publicIpv4Hour?: number | null;
  spotFactor?: number | null;
}

/** The published prices with these in their place. With both a vCPU and a GB price every region has one. */
export function pricesWith(
  { vcpuHour, gbHour, storageGbHour, publicIpv4Hour, spotFactor }: PriceOverrides,
  region: string,
  { regions, common }: Prices = publishedPrices,
): Prices {
  const known = regions[region];
  const rateOf = (rate: Rate | null | undefined): Rate | null => {
    const vcpu = vcpuHour ?? rate?.vcpuHour;
    const gb = gbHour ?? rate?.gbHour;
    return vcpu === undefined || gb === undefined ? null : { vcpuHour: vcpu, gbHour: gb };
  };
  const x86 = rateOf(known?.x86);
  const source = vcpuHour || gbHour ? 'the settings' : (known?.source ?? 'the settings');
  return {
    regions: {
      ...regions,
      ...(x86 && { [region]: { x86, arm: rateOf(known?.arm), source } }),
    },
    common: {
      ...common,
      storageGbHour: storageGbHour ?? common.storageGbHour,
      publicIpv4Hour: publicIpv4Hour ?? common.publicIpv4Hour,
      spotFactor: spotFactor ?? common.spotFactor,
    },
  };
}

export const publishedPrices: Prices = { regions: regionPrices, common: commonPrices };

/** What an hour of one Fargate task costs; null if the table has no price for its region and architecture. */
export function hourlyCost(task: BilledTask, prices: Prices = publishedPrices): HourlyCost | null {
  const region = prices.regions[task.region];
  const rate = task.architecture === 'ARM64' ? region?.arm : region?.x86;
  if (!rate) return null;
  const { spotFactor, publicIpv4Hour, storageGbHour, freeStorageGb } = prices.common;
  const factor = task.spot ? spotFactor : 1;
  const cpu = task.cpu * rate.vcpuHour * factor;
  const memory = task.memoryGb * rate.gbHour * factor;
  const storage = Math.max(0, (task.storageGb ?? freeStorageGb) - freeStorageGb) * storageGbHour;
  const publicIp = task.publicIp ? publicIpv4Hour : 0;
  return { total: cpu + memory + storage + publicIp, cpu, memory, storage, publicIp };
}

/** The seconds that AWS bills for a task that lived so long: whole seconds, at least the minimum. */
export function billedSeconds(livedSeconds: number, { common } = publishedPrices): number {
  return Math.max(common.minimumSeconds, Math.ceil(livedSeconds));
}
