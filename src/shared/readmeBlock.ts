const marksOf = (name: string): [string, string] => [`<!-- ${name} -->\n`, `<!-- /${name} -->`];

/** Where a generated part of the README begins and ends. Throws when the README has no such part. */
const find = (text: string, name: string): [number, number] => {
  const [start, end] = marksOf(name);
  const from = text.indexOf(start) + start.length;
  const to = text.indexOf(end, from);
  if (from < start.length || to < 0) throw new Error(`README.md has no part "${name}"`);
  return [from, to];
};

/** What stands in a generated part of the README. */
export const readmeBlock = (text: string, name: string): string =>
  text.slice(...find(text, name)).trim();

/** The README with a generated part as it should be. */
export const withReadmeBlock = (text: string, name: string, body: string): string => {
  const [from, to] = find(text, name);
  return `${text.slice(0, from)}${body.trim()}\n${text.slice(to)}`;
};
