import type { MoneySettings } from '../../machines/fleet/money.ts';
import type { Prices } from '../../machines/shared/bill.ts';
import { type BilledTask, type HourlyCost, hourlyCost, pricesWith } from '../aws/pricing/cost.ts';
import type { Config } from '../config/config.ts';
import { ConfigFailure } from '../config/configFailure.ts';
import { type Key, named } from '../config/schema.ts';

/** The size of the Fargate tasks that a configuration launches, as it is billed. */
function billedTask({ aws, ecs }: Config, spot: boolean): BilledTask {
  return {
    region: aws.region,
    architecture: ecs.architecture,
    cpu: ecs.taskCpu,
    memoryGb: ecs.taskMemory,
    storageGb: ecs.ephemeralStorage ?? undefined,
    publicIp: ecs.assignPublicIp === 'ENABLED',
    spot,
  };
}

export const priceTable = ({ money, aws }: Config) => pricesWith(money, aws.region);

/** USD per hour of one Fargate task, and what it consists of; null: no price is known. */
export function taskCost(config: Config, spot: boolean): HourlyCost | null {
  return hourlyCost(billedTask(config, spot), priceTable(config));
}

function pricesOf(config: Config): Prices | null {
  const onDemand = taskCost(config, false);
  const spot = taskCost(config, true);
  const minimumMs = priceTable(config).common.minimumSeconds * 1000;
  return onDemand && spot && { onDemand: onDemand.total, spot: spot.total, minimumMs };
}

/** Throws a ConfigFailure for a limit where no price is known: it could not be held. */
export function moneySettingsOf(config: Config): MoneySettings {
  const { maxPerHour, maxPerDay, maxTotal, onLimit } = config.money;
  const prices = pricesOf(config);
  const limits: [Key, number | null][] = [
    ['max_usd_per_hour', maxPerHour],
    ['max_usd_per_day', maxPerDay],
    ['max_usd_total', maxTotal],
  ];
  const [set] = limits.find(([, usd]) => usd !== null) ?? [];
  if (set !== undefined && prices === null)
    throw new ConfigFailure(
      `${named(set)}: no price is known for ${config.ecs.architecture} in ${config.aws.region}; give --usd-per-vcpu-hour and --usd-per-gb-hour from https://aws.amazon.com/fargate/pricing/`,
    );
  if (maxPerHour !== null && prices !== null && maxPerHour < Math.min(prices.onDemand, prices.spot))
    throw new ConfigFailure(
      `${named('max_usd_per_hour')}: an hour of one Fargate task costs ${prices.onDemand.toFixed(4)} USD, so that with ${maxPerHour} none is ever launched`,
    );
  return {
    prices,
    limits: { perHour: maxPerHour, perDay: maxPerDay, total: maxTotal },
    onLimit,
  };
}
