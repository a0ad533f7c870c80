import { choice, type EventDefinition, quantity, texts } from './definition.ts';

/** What the Fargate tasks cost, by the price table. */
export const spendingFields = {
  usdPerHour: quantity('usd', 'what an hour of the Fargate tasks costs that are billed now'),
  usdToday: quantity('usd', 'what they have cost since midnight UTC'),
  usdTotal: quantity('usd', 'what they have cost in all runs with this journal'),
};

export const moneyEvents = {
  'money.limitReached': {
    level: 'warn',
    fields: {
      limits: texts('limits that one task more would pass: perHour, perDay or total'),
      onLimit: choice('hold or drain', {
        hold: 'what runs is kept and goes on costing',
        drain: 'what runs is drained once the money is spent',
      }),
      ...spendingFields,
    },
    sentence:
      'A limit of money is reached ({limits}): nothing more is launched, and {onLimit}; {usdPerHour} USD an hour, {usdToday} USD today, {usdTotal} USD in all.',
    explanation: 'See max_usd_per_hour, max_usd_per_day, max_usd_total and on_limit.',
    remedy: 'Raise the limit and start the manager again, or wait: a day begins at midnight UTC.',
  },
  'money.limitCleared': {
    level: 'info',
    fields: spendingFields,
    sentence:
      'No limit of money is in the way any more; {usdPerHour} USD an hour, {usdToday} USD today, {usdTotal} USD in all.',
  },
} as const satisfies Record<string, EventDefinition>;
