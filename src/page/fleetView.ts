import type { App, View } from './app.ts';
import { causeWords, colourOfCause, colourOfState, groupStates } from './colours.ts';
import { clockText, fill, h, spanText } from './dom.ts';
import { causeOf, isFailure, stateAt, type Track } from './model.ts';
import type { Place } from './place.ts';
import { Timeline } from './timeline.ts';

interface Blocker {
  kind: string;
  sentence: string;
  clears: string;
  since: number | null;
  until: number | null;
}

/** The groups of a moment, counted. */
function countGroups(groups: readonly Track[], at: number) {
  const states = new Map<string, number>();
  const causes = new Map<string, number>();
  for (const track of groups) {
    if (track.bornAt > at) continue;
    const cause = causeOf(track, at);
    const state = cause === null ? stateAt(track, at) : null;
    if (cause !== null) causes.set(cause, (causes.get(cause) ?? 0) + 1);
    else if (state !== null) states.set(state, (states.get(state) ?? 0) + 1);
  }
  return { states, causes };
}

function matches(track: Track, place: Place, at: number): boolean {
  if (track.bornAt > at) return false;
  const cause = causeOf(track, at);
  if (place.state !== '') {
    if (
      place.state === 'alive'
        ? cause !== null
        : cause !== null || stateAt(track, at) !== place.state
    )
      return false;
  }
  if (place.cause !== '') {
    if (place.cause === 'failures' ? !isFailure(cause) : cause !== place.cause) return false;
  }
  if (place.subnet !== '' && track.facts.subnet !== place.subnet) return false;
  if (place.market !== '' && track.facts.market !== place.market) return false;
  if (place.text === '') return true;
  const task = String(track.output?.taskArn ?? '');
  return `${track.id} ${task}`.includes(place.text);
}

const marketWords: Record<string, string> = { onDemand: 'FARGATE', spot: 'FARGATE_SPOT' };

export function fleetView(app: App): View {
  const counts = h('div', { class: 'counts', role: 'group', 'aria-label': 'Groups by state' });
  const blockers = h('section', { class: 'blockers', 'aria-label': 'Why nothing is launched' });
  const filters = h('div', { class: 'filters' });
  const legend = h('p', { class: 'legend' });
  const timeline = new Timeline({
    open: (track) => app.go({ view: 'actor', actor: track.id }),
    seek: (at) => app.go({ at }),
  });
  const element = h('div', { class: 'fleet' }, counts, blockers, filters, timeline.element, legend);
  let rows: Track[] = [];
  let failure: Track | null = null;

  const tile = (
    change: Partial<Place>,
    isOn: boolean,
    colour: string,
    number: number,
    words: string,
  ) =>
    h(
      'button',
      {
        ...{ type: 'button', class: 'tile', 'data-focus': words, 'data-colour': colour.slice(2) },
        'aria-pressed': String(isOn),
        onclick: () => app.go(change),
      },
      h('b', {}, String(number)),
      h('span', {}, words),
    );

  const drawCounts = () => {
    const { states, causes } = countGroups(app.model.groups, app.at);
    const { place } = app;
    const known = [
      ...groupStates,
      ...[...states.keys()].filter((one) => !groupStates.includes(one)),
    ];
    const told = known.filter(
      (state) => (states.get(state) ?? 0) > 0 || groupStates.indexOf(state) < 3,
    );
    const ends = [...causes].sort(([a], [b]) => a.localeCompare(b));
    fill(counts, JSON.stringify([[...states], [...causes], place.state, place.cause]), () => [
      ...told.map((state) =>
        tile(
          { state: place.state === state ? '' : state, cause: '' },
          ...([
            place.state === state,
            colourOfState(state),
            states.get(state) ?? 0,
            state,
          ] as const),
        ),
      ),
      ...ends.map(([cause, number]) =>
        tile(
          { cause: place.cause === cause ? '' : cause, state: '' },
          ...([place.cause === cause, colourOfCause(cause), number, `ended: ${cause}`] as const),
        ),
      ),
    ]);
  };

  const drawBlockers = () => {
    const manager = app.model.find('fleetManager', app.at);
    const state = manager && app.model.actorAt(manager, app.at);
    const { context = {} } = state ?? {};
    const list = (Array.isArray(context.blockers) ? context.blockers : []) as Blocker[];
    const { desired, missing } = context as { desired?: number | null; missing?: number };
    const wants =
      typeof desired === 'number'
        ? `${desired} ${desired === 1 ? 'task' : 'tasks'} desired`
        : 'nothing desired yet';
    const lacks = typeof missing === 'number' && missing > 0 ? `, ${missing} missing` : '';
    fill(blockers, JSON.stringify([list, desired, missing, Math.round(app.at / 1000)]), () => [
      h('h2', {}, `${wants}${lacks}`),
      list.length === 0
        ? h(
            'p',
            {},
            state
              ? 'Nothing holds launches back.'
              : 'The fleet manager is not there at this moment.',
          )
        : h(
            'ul',
            {},
            ...list.map(({ kind, sentence, clears, since }) =>
              h(
                'li',
                {},
                h('b', {}, kind),
                ` ${sentence}; cleared by ${clears}`,
                since === null ? '' : ` (for ${spanText(app.at - since)})`,
              ),
            ),
          ),
    ]);
  };

  const select = (
    name: 'state' | 'cause' | 'subnet' | 'market',
    words: string,
    options: [string, string][],
  ) => {
    const value = app.place[name];
    return h(
      'label',
      {},
      h('span', {}, words),
      h(
        'select',
        {
          'data-focus': name,
          onchange: (event: Event) =>
            app.go({ [name]: (event.target as HTMLSelectElement).value }, true),
        },
        ...[['', 'all'] as [string, string], ...options].map(([key, text]) =>
          h('option', { value: key, selected: key === value }, text),
        ),
      ),
    );
  };

  const nextFailure = () => {
    const failures = app.model.groups
      .filter((track) => isFailure(causeOf(track, app.at)))
      .sort((a, b) => (a.endedAt as number) - (b.endedAt as number));
    const after = failure ? failures.indexOf(failure) + 1 : 0;
    failure = failures[after % failures.length] ?? null;
    if (!failure) return;
    if (!rows.includes(failure)) app.go({ state: '', cause: '', subnet: '', market: '', text: '' });
    timeline.reveal(failure);
  };

  const drawFilters = () => {
    const { groups } = app.model;
    const subnets = [
      ...new Set(groups.flatMap(({ facts: { subnet } }) => (subnet ? [String(subnet)] : []))),
    ];
    const markets = [
      ...new Set(groups.flatMap(({ facts: { market } }) => (market ? [String(market)] : []))),
    ];
    const causes = [...new Set(groups.flatMap((track) => causeOf(track, app.at) ?? []))];
    const failures = groups.filter((track) => isFailure(causeOf(track, app.at))).length;
    const key = JSON.stringify([app.place, subnets, markets, causes, rows.length, failures]);
    fill(filters, key, () => [
      select('state', 'State', [
        ['alive', 'alive'],
        ...groupStates.map((one) => [one, one] as [string, string]),
      ]),
      select('cause', 'Ended', [
        ['failures', 'all failures'],
        ...causes.sort().map((one) => [one, one] as [string, string]),
      ]),
      select(
        'subnet',
        'Subnet',
        subnets.sort().map((one) => [one, one]),
      ),
      select(
        'market',
        'Capacity provider',
        markets.map((one) => [one, marketWords[one] ?? one]),
      ),
      h(
        'label',
        {},
        h('span', {}, 'Name'),
        h('input', {
          ...{ type: 'search', 'data-focus': 'text', value: app.place.text, size: '12' },
          oninput: (event: Event) =>
            app.go({ text: (event.target as HTMLInputElement).value }, true),
        }),
      ),
      h(
        'button',
        { type: 'button', 'data-focus': 'failure', disabled: failures === 0, onclick: nextFailure },
        `Next failure (${failures})`,
      ),
      h('span', { class: 'soft' }, `${rows.length} of ${groups.length} groups`),
    ]);
  };

  const drawLegend = () => {
    const { startsAt, dropped } = app.model;
    const since = Number.isFinite(startsAt)
      ? `Every moment is known since ${clockText(startsAt)}.`
      : '';
    const gone = dropped > 0 ? ` ${dropped} groups that ended earlier are no longer shown.` : '';
    fill(legend, `${since}${gone}`, () => [
      ...groupStates.map((state) =>
        h('span', { class: 'key', 'data-colour': colourOfState(state).slice(2) }, state),
      ),
      h('span', { class: 'key', 'data-colour': 'failed' }, '✕ ended by a failure'),
      h('span', { class: 'key', 'data-colour': 'interrupted' }, 'interrupted'),
      h('span', {}, ` ${since}${gone} A click on the scale goes to that moment.`),
    ]);
  };

  return {
    element,
    draw() {
      const { model, at, place } = app;
      rows = model.groups.filter((track) => matches(track, place, at));
      drawCounts();
      drawBlockers();
      drawFilters();
      drawLegend();
      timeline.show(model, rows, at, null);
    },
  };
}

export const causeSentence = (cause: string): string => causeWords[cause] ?? cause;
