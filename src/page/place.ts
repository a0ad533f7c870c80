/** What the page shows, as its address has it: a link to it leads to the same sight. */
export interface Place {
  view: 'fleet' | 'actor' | 'compare' | 'stately' | 'help';
  /** Id of the actor that is shown. */
  actor: string | null;
  /** The moment that is shown; null: now. */
  at: number | null;
  /** The other moment of a comparison. */
  other: number | null;
  state: string;
  cause: string;
  subnet: string;
  market: string;
  text: string;
}

const nowhere: Place = {
  ...{ view: 'fleet', actor: null, at: null, other: null },
  ...{ state: '', cause: '', subnet: '', market: '', text: '' },
};

const views: readonly string[] = ['fleet', 'actor', 'compare', 'stately', 'help'];
const numberOf = (text: string | null): number | null =>
  text !== null && /^\d+$/.test(text) ? Number(text) : null;

export function readPlace(hash: string): Place {
  const [view = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const given = new URLSearchParams(query);
  const word = (name: string) => given.get(name) ?? '';
  return {
    view: views.includes(view) ? (view as Place['view']) : 'fleet',
    actor: given.get('actor'),
    ...{ at: numberOf(given.get('at')), other: numberOf(given.get('other')) },
    ...{ state: word('state'), cause: word('cause'), subnet: word('subnet') },
    ...{ market: word('market'), text: word('text') },
  };
}

export function hashOf(place: Place): string {
  const query = new URLSearchParams();
  const { view, ...rest } = place;
  for (const [key, value] of Object.entries(rest))
    if (value !== null && value !== '')
      query.set(key, typeof value === 'number' ? String(Math.round(value)) : String(value));
  const text = query.toString();
  return `#/${view}${text === '' ? '' : `?${text}`}`;
}

export const placeWith = (place: Place, change: Partial<Place>): Place => ({ ...place, ...change });
export const startPlace = nowhere;
