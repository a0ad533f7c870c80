import type { App, View } from './app.ts';
import { clockText, dateText, fill, h, valueText } from './dom.ts';
import { causeOf, stateAt, type Track } from './model.ts';

const mostRows = 500;

const wordsAt = (track: Track, at: number): string => {
  const cause = causeOf(track, at);
  return cause !== null ? `ended: ${cause}` : (stateAt(track, at) ?? 'not there');
};

/** What differs between two moments: counts, actors in other states, and contexts. */
export function compareView(app: App): View {
  const element = h('div', { class: 'compare' });

  const rowsOf = (from: number, to: number) =>
    [...app.model.tracks.values()].flatMap((track) => {
      const [before, after] = [wordsAt(track, from), wordsAt(track, to)];
      return before === after ? [] : [{ track, before, after }];
    });

  const contextsOf = (from: number, to: number) =>
    [...app.model.tracks.values()]
      .filter(({ machine }) => !['workerGroup', 'launch'].includes(machine))
      .flatMap((track) => {
        const before = app.model.actorAt(track, from)?.context;
        const after = app.model.actorAt(track, to)?.context;
        if (!before || !after || stateAt(track, to) === null) return [];
        return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
          ['blockers', 'now'].includes(key) ||
          JSON.stringify(before[key]) === JSON.stringify(after[key])
            ? []
            : [{ track, key, before: before[key], after: after[key] }],
        );
      });

  const table = (heads: string[], rows: HTMLTableRowElement[]) =>
    h(
      'div',
      { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': heads.join(', ') },
      h(
        'table',
        {},
        h('thead', {}, h('tr', {}, ...heads.map((text) => h('th', { scope: 'col' }, text)))),
        h('tbody', {}, ...rows),
      ),
    );

  const link = (track: Track) =>
    h(
      'button',
      { type: 'button', class: 'link', onclick: () => app.go({ view: 'actor', actor: track.id }) },
      track.id,
    );

  return {
    element,
    draw() {
      const other = app.place.other ?? app.model.startsAt;
      const [from, to] = other <= app.at ? [other, app.at] : [app.at, other];
      fill(element, JSON.stringify([from, to, app.model.tracks.size]), () => {
        const moved = rowsOf(from, to);
        const contexts = contextsOf(from, to);
        return [
          h('h2', {}, `From ${dateText(from)} to ${clockText(to)}`),
          h(
            'p',
            {},
            `${moved.length} actors are in another state. Move the slider below to change the moment; `,
            h(
              'button',
              { type: 'button', onclick: () => app.go({ other: app.at }) },
              'compare from the moment of the slider',
            ),
            '.',
          ),
          moved.length > 0 &&
            table(
              ['Actor', `At ${clockText(from)}`, `At ${clockText(to)}`],
              moved
                .slice(0, mostRows)
                .map(({ track, before, after }) =>
                  h('tr', {}, h('td', {}, link(track)), h('td', {}, before), h('td', {}, after)),
                ),
            ),
          moved.length > mostRows && h('p', {}, `${moved.length - mostRows} more are not shown.`),
          contexts.length > 0 && h('h2', {}, 'Contexts'),
          contexts.length > 0 &&
            table(
              ['Actor', 'Field', `At ${clockText(from)}`, `At ${clockText(to)}`],
              contexts
                .slice(0, mostRows)
                .map(({ track, key, before, after }) =>
                  h(
                    'tr',
                    {},
                    h('td', {}, link(track)),
                    h('td', {}, key),
                    h('td', {}, valueText(key, before, from)),
                    h('td', {}, valueText(key, after, to)),
                  ),
                ),
            ),
        ];
      });
    },
  };
}
