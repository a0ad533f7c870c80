/** Amounts for people and logs: hundredths of a cent. */
export function roundedUsd(usd: number): number {
  return Math.round(usd * 10_000) / 10_000;
}

export function roundedSpending<T extends Record<'usdPerHour' | 'usdToday' | 'usdTotal', number>>({
  usdPerHour,
  usdToday,
  usdTotal,
}: T): Record<'usdPerHour' | 'usdToday' | 'usdTotal', number> {
  return {
    usdPerHour: roundedUsd(usdPerHour),
    usdToday: roundedUsd(usdToday),
    usdTotal: roundedUsd(usdTotal),
  };
}
