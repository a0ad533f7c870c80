/** The known name that a misspelt one was most likely meant to be; null when none is near. */
export function nearest(word: string, names: readonly string[]): string | null {
  const longer = ending(word, names);
  if (longer !== null) return longer;
  const ranked = names
    .map((name) => ({ name, distance: distance(word, name) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(1, Math.floor(word.length / 3)) ? best.name : null;
}

/** The only name that ends like this: `subnets` for `ecs_subnets`. */
function ending(word: string, names: readonly string[]): string | null {
  const plain = (text: string) => `_${text.replaceAll('-', '_')}`;
  const [only, ...others] = names.filter((name) => plain(name).endsWith(plain(word)));
  return word !== '' && others.length === 0 ? (only ?? null) : null;
}

/** Levenshtein: how many letters must be added, dropped or changed. */
export function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
