export interface Check {
  what: string;
  unit: string;
  /** The most that passes, where that is a promise; left out: a fifth more than what is stored. */
  most?: number;
}

/** What a check has found at its best. */
export interface StoredCheck {
  value: number;
  /** Why it is higher than what was stored before, or than it should be. */
  raised?: string;
}

/** By what was measured. */
export type StoredChecks = Readonly<Record<string, StoredCheck>>;

/** How far a value may be above the one that is stored. */
const tolerance = 1.2;

/** The most that passes. Not a number: nothing is stored. */
export function limitOf({ what, most }: Check, stored: StoredChecks): number {
  return most ?? (stored[what]?.value ?? Number.NaN) * tolerance;
}

/** The same, where another build has shown this value in the same run. */
export const limitBeside = ({ most }: Check, value: number): number => most ?? value * tolerance;

/** What makes a comparison impossible: values that nothing measures, and checks without a value. */
export function misfits(checks: readonly Check[], stored: StoredChecks): string[] {
  const measured = checks.filter(({ most }) => most === undefined).map(({ what }) => what);
  return [
    ...Object.keys(stored)
      .filter((what) => !measured.includes(what))
      .map((what) => `checked.json has "${what}", which nothing measures: rename or remove it`),
    ...measured
      .filter((what) => !stored[what])
      .map((what) => `checked.json has no "${what}": npm run bench:check -- --store adds it`),
  ];
}

/** What is stored after a run: new and lower values, and higher ones only with a reason, which stands beside them. */
export function storedAfter(
  found: Readonly<Record<string, number>>,
  stored: StoredChecks,
  reason: string | undefined,
): StoredChecks {
  const changed = Object.entries(found).flatMap(([what, measured]) => {
    const value = Number(measured.toPrecision(3));
    const before = stored[what];
    const explained = { value, ...(reason !== undefined && { raised: reason }) };
    if (!before) return [[what, explained]];
    if (value < before.value) return [[what, { value }]];
    return reason !== undefined && value > before.value ? [[what, explained]] : [];
  });
  return { ...stored, ...Object.fromEntries(changed) };
}
