/** The comments that enclose a generated part of the README. */
function markersOf(name: string): [string, string] {
  return [`<!-- ${name} -->\n`, `<!-- /${name} -->`];
}

/** Start and end of a generated part of the README. Throws an Error if the README has no such part. */
function rangeOf(text: string, name: string): [number, number] {
  const [start, end] = markersOf(name);
  const from = text.indexOf(start) + start.length;
  const to = text.indexOf(end, from);
  if (from < start.length || to < 0) throw new Error(`README.md has no part "${name}"`);
  return [from, to];
}

/** The content of a generated part of the README. Throws an Error if the README has no such part. */
export function readmeBlock(text: string, name: string): string {
  return text.slice(...rangeOf(text, name)).trim();
}

/** The README with new content in a generated part. Throws an Error if the README has no such part. */
export function withReadmeBlock(text: string, name: string, body: string): string {
  const [from, to] = rangeOf(text, name);
  return `${text.slice(0, from)}${body.trim()}\n${text.slice(to)}`;
}
