/** Values saved by earlier steps of a scenario, by name. */
export type Saved = Map<string, unknown>;

/** Replaces `$name` as a whole text, and `${name}` inside a text, by saved values. */
export function substitute(value: unknown, saved: Saved): unknown {
  if (typeof value === 'string') {
    const name = /^\$(\w+)$/.exec(value)?.[1];
    if (name !== undefined && saved.has(name)) return saved.get(name);
    return value.replace(/\$\{(\w+)\}/g, (_, name: string) => String(saved.get(name)));
  }
  if (Array.isArray(value)) return value.map((item) => substitute(item, saved));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, substitute(item, saved)]),
    );
  return value;
}

function isRecentTime(value: unknown): boolean {
  const ms = typeof value === 'number' ? value * 1000 : Date.parse(String(value));
  return Math.abs(ms - Date.now()) < 3_600_000;
}

const markers: Record<string, (value: unknown) => boolean> = {
  $any: (value) => value !== undefined && value !== null,
  $time: isRecentTime,
  $absent: (value) => value === undefined || value === null,
};

/**
 * The first difference between `value` and `expected`, or null. Objects may have further members; lists must have the
 * same length, and an absent list equals an empty one, because clients differ there. In `expected`, `/…/` is a regular
 * expression, `$any` any value but null, `$time` a time within an hour of now, `$absent` null or undefined.
 */
export function mismatch(value: unknown, expected: unknown, at = 'answer'): string | null {
  const difference = `${at} is ${JSON.stringify(value)}, not ${JSON.stringify(expected)}`;
  if (typeof expected === 'string') {
    const marker = markers[expected];
    if (marker) return marker(value) ? null : difference;
    const pattern = /^\/(.*)\/$/s.exec(expected)?.[1];
    if (pattern !== undefined) return new RegExp(pattern).test(String(value)) ? null : difference;
    return value === expected ? null : difference;
  }
  if (Array.isArray(expected)) {
    const list = value ?? [];
    if (!Array.isArray(list) || list.length !== expected.length) return difference;
    return firstDifference(
      expected.map((item, index) => mismatch(list[index], item, `${at}[${index}]`)),
    );
  }
  if (typeof expected === 'object' && expected !== null) {
    if (typeof value !== 'object' || value === null) return difference;
    return firstDifference(
      Object.entries(expected).map(([key, item]) =>
        mismatch((value as Record<string, unknown>)[key], item, `${at}.${key}`),
      ),
    );
  }
  return value === expected ? null : difference;
}

const firstDifference = (differences: (string | null)[]): string | null =>
  differences.find((one) => one !== null) ?? null;

/** The value at a path such as `tasks.0.taskArn`. */
export const valueAt = (value: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>((inner, key) => (inner as Record<string, unknown> | null)?.[key], value);
