/** USD per vCPU-hour and per GB-hour of Fargate on Linux. */
export interface Rate {
  vcpuHour: number;
  gbHour: number;
}

export interface RegionPrices {
  x86: Rate;
  /** Null: no published price was found for this table. */
  arm: Rate | null;
  /** Where the prices were read, and the date of that text. */
  source: string;
}

/** Prices beside vCPU and memory, in USD. They differ little between regions. */
export interface CommonPrices {
  /** A public IPv4 address, per hour. */
  publicIpv4Hour: number;
  /** Ephemeral storage above what is free, per GB-hour. */
  storageGbHour: number;
  freeStorageGb: number;
  /** A task is billed for at least this long. */
  minimumSeconds: number;
  /** Price of Spot as a part of the On-Demand price. AWS changes it from day to day. */
  spotFactor: number;
}

/** When the table was put together. */
export const pricesAsOf = '2026-11-26';

const usRate: Rate = { vcpuHour: 0.04048, gbHour: 0.004445 };
const usArmRate: Rate = { vcpuHour: 0.03238, gbHour: 0.00356 };

/**
 * Fargate prices by region. AWS's own list is https://aws.amazon.com/fargate/pricing/. Each row names the public text
 * from which it was taken; a region that is missing here has no price.
 */
export const regionPrices: Readonly<Record<string, RegionPrices>> = {
  'us-east-1': {
    x86: usRate,
    arm: usArmRate,
    source: 'https://www.vantage.sh/blog/fargate-pricing, read 2026-11-26',
  },
  'us-east-2': {
    x86: usRate,
    arm: null,
    source: 'public price tables of cost tools, which agree; read 2026-11-26',
  },
  'us-west-2': {
    x86: usRate,
    arm: null,
    source: 'public price tables of cost tools, which agree; read 2026-11-26',
  },
  'eu-west-1': {
    x86: usRate,
    arm: usArmRate,
    source: 'answers of the AWS price list, SKUs K4EXFQ5YFQCP98EN and KXC9CEUQGJQPNZPY, 2026-05-01',
  },
  'eu-central-1': {
    x86: { vcpuHour: 0.04656, gbHour: 0.00511 },
    arm: null,
    source: 'public price table of a cost tool; read 2026-11-26',
  },
  'ap-southeast-2': {
    x86: { vcpuHour: 0.04856, gbHour: 0.00532 },
    arm: { vcpuHour: 0.03885, gbHour: 0.00426 },
    source: 'public cost notes that quote https://aws.amazon.com/fargate/pricing; read 2026-11-26',
  },
  'sa-east-1': {
    x86: { vcpuHour: 0.0696, gbHour: 0.0076 },
    arm: { vcpuHour: 0.0557, gbHour: 0.00612 },
    source:
      'public cost notes that quote https://aws.amazon.com/pt/fargate/pricing; read 2026-11-26',
  },
};

/**
 * Public IPv4: https://repost.aws, "charges for public IPv4 addresses", in force since 2024-02-01. Storage and
 * minimum: as us-east-1 above. Spot: $0.0125 of $0.04048 (vantage.sh, January 2024) and 0.3358 in sa-east-1.
 */
export const commonPrices: CommonPrices = {
  publicIpv4Hour: 0.005,
  storageGbHour: 0.000111,
  freeStorageGb: 20,
  minimumSeconds: 60,
  spotFactor: 0.31,
};
