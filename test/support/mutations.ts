import type { Random } from '../simulation/random.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const html =
  '<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>proxy</body></html>';

/** Answers that are no answer at all. */
export const rubbish = [
  '',
  ' ',
  'null',
  '[]',
  '{}',
  '0',
  '"text"',
  'tru',
  '{"tasks":',
  html,
  '\uFFFD\u0000\u0001',
];

const wrongValues: Json[] = [
  null,
  true,
  -1,
  1e308,
  '',
  'x',
  'x'.repeat(100_000),
  '\u0000\u001b[31m\n{"level":"fatal"}',
  [],
  [null],
  [[]],
  {},
  { constructor: { prototype: null } },
];

interface Place {
  holder: Json[] | { [key: string]: Json };
  key: string;
}

const isHolder = (value: Json): value is Json[] | { [key: string]: Json } =>
  typeof value === 'object' && value !== null;

const placesIn = (value: Json): Place[] =>
  isHolder(value)
    ? Object.keys(value).flatMap((key) => [
        { holder: value, key },
        ...placesIn((value as { [key: string]: Json })[key] as Json),
      ])
    : [];

const bend = ({ holder, key }: Place, random: Random): void => {
  const members = holder as { [key: string]: Json };
  const value = members[key] as Json;
  if (random.chance(0.3)) {
    if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else delete members[key];
  } else if (Array.isArray(value) && value.length > 0 && random.chance(0.4)) {
    members[key] = structuredClone([...value, ...value]);
  } else members[key] = structuredClone(random.pick(wrongValues));
};

/** An answer of AWS as a broken proxy, another version or an enemy might hand it on. */
export const mutated = (text: string, random: Random): string => {
  if (random.chance(0.15)) return random.pick(rubbish);
  if (random.chance(0.1)) return text.slice(0, random.int(0, text.length));
  let whole: Json;
  try {
    whole = JSON.parse(text);
  } catch {
    return random.pick(rubbish);
  }
  for (let times = random.int(1, 4); times > 0; times--) {
    const places = placesIn(whole);
    if (places.length > 0) bend(random.pick(places), random);
  }
  return JSON.stringify(whole);
};
