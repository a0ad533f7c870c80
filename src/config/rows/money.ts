import { amount, fraction } from '../constraints.ts';
import { optional, setting } from '../row.ts';
import { choice } from '../valueTypes.ts';

/** What may be spent, and the prices by which that is counted. */
export const moneyRows = {
  max_usd_per_hour: optional(amount, {
    group: 'Money',
    defaultText: 'no limit',
    help: 'Launch nothing more that would make an hour of the Fargate tasks cost more than so many USD',
  }),
  max_usd_per_day: optional(amount, {
    group: 'Money',
    defaultText: 'no limit',
    help: 'Launch nothing more once the Fargate tasks have cost so many USD since midnight UTC',
  }),
  max_usd_total: optional(amount, {
    group: 'Money',
    defaultText: 'no limit',
    help: 'Launch nothing more once the Fargate tasks have cost so many USD in all runs with this state directory',
  }),
  on_limit: setting(choice(['hold', 'drain']), 'hold', {
    group: 'Money',
    help: 'At a limit of money keep the running Fargate tasks, or drain them as well',
  }),
  usd_per_vcpu_hour: optional(amount, {
    group: 'Money',
    defaultText: 'the price table',
    help: 'Price of a vCPU-hour on demand',
  }),
  usd_per_gb_hour: optional(amount, {
    group: 'Money',
    defaultText: 'the price table',
    help: 'Price of a GB-hour of memory on demand',
  }),
  usd_per_storage_gb_hour: optional(amount, {
    group: 'Money',
    defaultText: 'the price table',
    help: 'Price of a GB-hour of ephemeral storage above the 20 GB that are free',
  }),
  usd_per_public_ip_hour: optional(amount, {
    group: 'Money',
    defaultText: 'the price table',
    help: 'Price of a public IPv4 address per hour',
  }),
  spot_price_factor: optional(fraction, {
    group: 'Money',
    defaultText: 'the price table',
    help: 'Price of Spot as a part of the price on demand, like 0.31',
  }),
};
