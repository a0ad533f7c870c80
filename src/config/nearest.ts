/** The known name most similar to a misspelt word; null if none is similar. */
export function nearest(word: string, names: readonly string[]): string | null {
  const completed = onlyNameEndingIn(word, names);
  if (completed !== null) return completed;
  const ranked = names
    .map((name) => ({ name, distance: distance(word, name) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(1, Math.floor(word.length / 3)) ? best.name : null;
}

/** The only name that ends in the word: `ecs_subnets` for `subnets`; null if there is none or more than one. */
function onlyNameEndingIn(word: string, names: readonly string[]): string | null {
  const normalized = (text: string) => `_${text.replaceAll('-', '_')}`;
  const [only, ...others] = names.filter((name) => normalized(name).endsWith(normalized(word)));
  return word !== '' && others.length === 0 ? (only ?? null) : null;
}

/** The Levenshtein distance: how many letters must be inserted, deleted or replaced. */
export function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
