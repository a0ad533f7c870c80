export interface Check {
  what: string;
  unit: string;
  /** The most that passes, where that is a promise; left out: a fifth more than what is stored. */
  most?: number;
}

/** What a check has found. */
export interface StoredCheck {
  /** The best of several runs on a machine without other work. */
  value: number;
  /** The most that a run of the same code has shown as its best, where noise adds more than a fifth. */
  noisy?: number;
}

export interface Stored {
  /** The commit that the values are of. What is above its limit is compared with it in the same run. */
  commit: string;
  /** Why they were stored. */
  reason: string;
  /** By what was measured. */
  values: Readonly<Record<string, StoredCheck>>;
}

/** What one measurement has found, by name. `reference`: CPU time of the process of fixed work, s. */
export type Amounts = Readonly<Record<string, number>>;

/**
 * The least of each amount over these measurements: other work of the machine only adds to an amount. The least of a
 * quotient would be one whose divisor that work has made large.
 */
export function leastOf(measured: readonly Amounts[]): Amounts {
  const names = Object.keys(measured[0] ?? {});
  return Object.fromEntries(
    names.map((name) => [name, Math.min(...measured.map((one) => one[name] ?? Number.NaN))]),
  );
}

/** The same for two builds that were measured in turn: the reference is one for both. */
export function leastOfBoth(
  ours: readonly Amounts[],
  others: readonly Amounts[],
): [ours: Amounts, others: Amounts] {
  const { reference } = leastOf([...ours, ...others]);
  const [mine, theirs] = [leastOf(ours), leastOf(others)];
  return reference === undefined
    ? [mine, theirs]
    : [
        { ...mine, reference },
        { ...theirs, reference },
      ];
}

/** How far a value may be above the one that is stored. */
const tolerance = 1.2;

/** The most that passes. Not a number: nothing is stored. */
export function limitOf({ what, most }: Check, { values }: Stored): number {
  return most ?? (values[what]?.value ?? Number.NaN) * tolerance;
}

/** The same, where no other build tells noise from more work. */
export function looseLimitOf(check: Check, stored: Stored): number {
  const { noisy = 0 } = stored.values[check.what] ?? {};
  return Math.max(limitOf(check, stored), check.most ?? noisy * tolerance);
}

/** The same, where another build has shown this value in the same run. */
export const limitBeside = ({ most }: Check, value: number, times = tolerance): number =>
  most ?? value * times;

/** What makes a comparison impossible: values that nothing measures, and checks without a value. */
export function misfits(checks: readonly Check[], { values }: Stored): string[] {
  const measured = checks.filter(({ most }) => most === undefined).map(({ what }) => what);
  return [
    ...Object.keys(values)
      .filter((what) => !measured.includes(what))
      .map((what) => `checked.json has "${what}", which nothing measures: rename or remove it`),
    ...measured
      .filter((what) => !values[what])
      .map(
        (what) => `checked.json has no "${what}": npm run bench:check -- --store REASON adds it`,
      ),
  ];
}

/** What is stored after a run of this commit: all its values, so that the limits and the commit belong together. */
export function storedAfter(
  found: Readonly<Record<string, number>>,
  { values }: Stored,
  { commit, reason }: Omit<Stored, 'values'>,
): Stored {
  const next = Object.entries(found).map(([what, measured]) => {
    const { noisy } = values[what] ?? {};
    const value = Number(measured.toPrecision(3));
    return [what, { value, ...(noisy !== undefined && { noisy }) }] as const;
  });
  return { commit, reason, values: Object.fromEntries(next) };
}
