/** What a scenario saved under `$name` so far. */
export type Saved = Map<string, unknown>;

/** Puts saved values in place of `$name`, alone or `${name}` inside a longer text. */
export const fill = (value: unknown, saved: Saved): unknown => {
  if (typeof value === 'string') {
    const whole = /^\$(\w+)$/.exec(value)?.[1];
    if (whole !== undefined && saved.has(whole)) return saved.get(whole);
    return value.replace(/\$\{(\w+)\}/g, (_, name: string) => String(saved.get(name)));
  }
  if (Array.isArray(value)) return value.map((item) => fill(item, saved));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, saved)]));
  return value;
};

const isTime = (value: unknown): boolean => {
  const ms = typeof value === 'number' ? value * 1000 : Date.parse(String(value));
  return Math.abs(ms - Date.now()) < 3_600_000;
};

const markers: Record<string, (value: unknown) => boolean> = {
  $any: (value) => value !== undefined && value !== null,
  $time: isTime,
  $absent: (value) => value === undefined || value === null,
};

/**
 * Where `value` is not as `wanted`, or null. Objects may have more members than wanted, lists not; `/…/` is a pattern,
 * `$any`, `$time` and `$absent` say what they mean, and an absent list is an empty one: clients differ there.
 */
export const mismatch = (value: unknown, wanted: unknown, at = 'answer'): string | null => {
  const wrong = `${at} is ${JSON.stringify(value)}, not ${JSON.stringify(wanted)}`;
  if (typeof wanted === 'string') {
    const marker = markers[wanted];
    if (marker) return marker(value) ? null : wrong;
    const pattern = /^\/(.*)\/$/s.exec(wanted)?.[1];
    if (pattern !== undefined) return new RegExp(pattern).test(String(value)) ? null : wrong;
    return value === wanted ? null : wrong;
  }
  if (Array.isArray(wanted)) {
    const list = value ?? [];
    if (!Array.isArray(list) || list.length !== wanted.length) return wrong;
    return first(wanted.map((item, index) => mismatch(list[index], item, `${at}[${index}]`)));
  }
  if (typeof wanted === 'object' && wanted !== null) {
    if (typeof value !== 'object' || value === null) return wrong;
    return first(
      Object.entries(wanted).map(([key, item]) =>
        mismatch((value as Record<string, unknown>)[key], item, `${at}.${key}`),
      ),
    );
  }
  return value === wanted ? null : wrong;
};

const first = (found: (string | null)[]): string | null =>
  found.find((one) => one !== null) ?? null;

/** The value at a path as `tasks.0.taskArn`. */
export const valueAt = (value: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>((inner, key) => (inner as Record<string, unknown> | null)?.[key], value);
