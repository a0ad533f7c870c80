import type { Report, Step } from '../telemetry/inspector/recording.ts';
import { stateText } from '../telemetry/inspector/recording.ts';
import type { App, View } from './app.ts';
import { clockText, dateText, fill, h, spanText, valueText } from './dom.ts';
import { causeSentence } from './fleetView.ts';
import { descriptionOf, edgeOf, eventWords, light, pictureOf } from './graph.ts';
import { causeOf, sinceOf, stateAt, type Track } from './model.ts';

const mostHistory = 200;

/** What is not told again: keys that the page shows elsewhere. */
const told = new Set(['groupId', 'cohortId', 'notedBlockers', 'blockers', 'now', 'startedAt']);

/** Values that say that there is nothing to say. */
const isNoise = (value: unknown): boolean =>
  value === null || value === undefined || value === false || value === '0 entries';

/** `words` in back quotes as code. */
const withCode = (text: string): (Node | string)[] =>
  text.split('`').map((part, i) => (i % 2 === 1 ? h('code', {}, part) : part));

export function actorView(app: App): View {
  const head = h('div', { class: 'actorHead' });
  const why = h('section', { class: 'why', 'aria-label': 'Why it is in this state' });
  const chart = h('div', {
    class: 'chartBox',
    tabindex: '0',
    role: 'region',
    'aria-label': 'State chart',
  });
  const context = h('section', { class: 'context', 'aria-label': 'Context' });
  const history = h('section', { class: 'history', 'aria-label': 'History' });
  const element = h(
    'div',
    { class: 'actor' },
    head,
    why,
    h('div', { class: 'sides' }, chart, context),
    history,
  );
  let shown: { machine: string; picture: SVGSVGElement } | null = null;

  const link = (track: Track) =>
    h(
      'button',
      {
        type: 'button',
        class: 'link',
        'data-focus': track.id,
        onclick: () => app.go({ view: 'actor', actor: track.id }),
      },
      track.id,
    );

  /** All that the log says of an actor, until the moment. */
  const reportsOf = (track: Track): Report[] => {
    const name = track.id.replace(/^(group|launch|cohort)\./, '');
    const state = app.model.actorAt(track, app.at);
    const task = state?.context.taskArn ?? state?.output?.taskArn;
    const keys = [name, track.id, ...(typeof task === 'string' ? [task] : [])];
    return [...new Set(keys.flatMap((key) => app.model.reportsOf.get(key) ?? []))].filter(
      ({ at }) => at <= app.at,
    );
  };

  const drawHead = (track: Track) => {
    const line: Track[] = [];
    for (let one: Track | null = app.model.parentOf(track); one; one = app.model.parentOf(one))
      line.unshift(one);
    const children = track.machine === 'workerGroup' ? [] : app.model.childrenOf(track, app.at);
    const key = `${track.actor} ${children.map(({ actor }) => actor).join()}`;
    fill(head, key, () => [
      h(
        'nav',
        { class: 'line', 'aria-label': 'Actors above this one' },
        ...line.flatMap((one) => [link(one), ' › ']),
        h('b', {}, track.id),
        h('span', { class: 'soft' }, ` ${track.machine}`),
      ),
      children.length > 0
        ? h(
            'details',
            { open: children.length <= 8 },
            h('summary', {}, `${children.length} actors below it`),
            h('p', { class: 'children' }, ...children.slice(0, 300).map(link)),
          )
        : null,
    ]);
  };

  const sentenceOf = (track: Track, step: Step): string => {
    const edges = step.took.map((id) => edgeOf(track.machine, id));
    const sender = step.from === undefined ? null : app.model.tracks.get(step.from);
    const guards = edges.flatMap(({ guard }) =>
      guard ? [guard === 'else' ? 'no other condition held' : `${guard} held`] : [],
    );
    return `${eventWords(step.event.type)}${sender ? ` from ${sender.id}` : ''}${guards.length > 0 ? `, and ${[...new Set(guards)].join(', ')}` : ''}`;
  };

  const drawWhy = (track: Track, steps: Step[], reports: Report[]) => {
    const state = stateAt(track, app.at);
    const cause = causeOf(track, app.at);
    const moved = steps.find((step) => step.state !== undefined);
    const last = reports.filter(({ level }) => level !== 'debug').at(-1);
    const key = JSON.stringify([
      track.actor,
      state,
      cause,
      moved?.at,
      last?.at,
      Math.round(app.at / 1000),
    ]);
    fill(why, key, () => {
      const notes = (state ?? '').split(' ').flatMap((path) => {
        const words = descriptionOf(track.machine, path);
        return words === '' ? [] : [h('p', {}, h('code', {}, path), ' ', ...withCode(words))];
      });
      const heading =
        cause !== null && track.endedAt !== null
          ? `Ended at ${clockText(track.endedAt)}: ${track.machine === 'workerGroup' ? causeSentence(cause) : 'it is done'}`
          : state === null
            ? 'It is not there at this moment'
            : `In ${state} for ${spanText(app.at - sinceOf(track, app.at))}`;
      return [
        h('h2', {}, heading),
        moved && h('p', {}, `Because of ${sentenceOf(track, moved)} (${clockText(moved.at)}).`),
        last && h('p', {}, h('b', {}, 'The log says: '), last.sentence),
        last?.remedy && h('p', { class: 'remedy' }, h('b', {}, 'What to do: '), last.remedy),
        ...notes,
      ];
    });
  };

  const drawChart = (track: Track, steps: Step[]) => {
    if (shown?.machine !== track.machine) {
      const picture = pictureOf(track.machine);
      shown = picture && { machine: track.machine, picture };
      chart.replaceChildren(picture ?? h('p', {}, `There is no chart of ${track.machine}.`));
    }
    const ended = track.endedAt !== null && track.endedAt <= app.at;
    const last = track.states.at(-1)?.[1];
    const state = ended ? last : stateAt(track, app.at);
    const [newest] = steps;
    if (!shown) return;
    light(shown.picture, (state ?? '').split(' '), newest?.took ?? []);
    const key = `${track.actor} ${state}`;
    if (chart.dataset.lit === key) return;
    chart.dataset.lit = key;
    showLit();
  };

  /** Brings the lit state into sight where the chart is larger than its box. */
  const showLit = () => {
    const lit = chart.querySelector('.leaf.lit, .final.lit')?.getBoundingClientRect();
    const box = chart.getBoundingClientRect();
    if (!lit) return;
    const middle = (at: number, size: number, edge: number, space: number) =>
      at - edge - (space - size) / 2;
    chart.scrollLeft += middle(lit.left, lit.width, box.left, box.width);
    chart.scrollTop += middle(lit.top, lit.height, box.top, box.height);
  };

  const table = (caption: string, values: Record<string, unknown>) => {
    const rows = Object.entries(values).filter(([key, value]) => !told.has(key) && !isNoise(value));
    return rows.length === 0
      ? null
      : h(
          'table',
          {},
          h('caption', {}, caption),
          h(
            'tbody',
            {},
            ...rows.map(([key, value]) =>
              h(
                'tr',
                {},
                h('th', { scope: 'row' }, key),
                h('td', {}, valueText(key, value, app.at)),
              ),
            ),
          ),
        );
  };

  const drawContext = (track: Track) => {
    const state = app.model.actorAt(track, app.at);
    fill(
      context,
      JSON.stringify([state?.context, state?.record, state?.output, Math.round(app.at / 1000)]),
      () =>
        state === null
          ? [h('p', {}, 'It is not there at this moment.')]
          : [
              h('p', { class: 'soft' }, `Born ${dateText(track.bornAt)}`),
              table('Context', state.context),
              table('What its cohort knows', state.record),
              state.output && table('Output', state.output),
            ],
    );
  };

  const drawHistory = (track: Track, steps: Step[], reports: Report[]) => {
    const rows = [
      ...steps.map((step) => ({ at: step.at, step, report: null })),
      ...reports.map((report) => ({ at: report.at, step: null, report })),
    ]
      .sort((a, b) => b.at - a.at)
      .slice(0, mostHistory);
    fill(
      history,
      JSON.stringify([track.actor, rows.length, rows[0]?.at, track.entries.length]),
      () => [
        h('h2', {}, 'History, newest first'),
        rows.length === 0
          ? h('p', {}, 'Nothing is recorded of it up to this moment.')
          : h(
              'div',
              {
                class: 'scroll',
                tabindex: '0',
                role: 'region',
                'aria-label': 'History as a table',
              },
              h(
                'table',
                {},
                h(
                  'thead',
                  {},
                  h(
                    'tr',
                    {},
                    ...['Time', 'Event', 'Condition', 'Transition', 'Words'].map((text) =>
                      h('th', { scope: 'col' }, text),
                    ),
                  ),
                ),
                h(
                  'tbody',
                  {},
                  ...rows.map(({ at, step, report }) => historyRow(track, at, step, report)),
                ),
              ),
            ),
      ],
    );
  };

  const historyRow = (track: Track, at: number, step: Step | null, report: Report | null) => {
    const time = h(
      'td',
      {},
      h(
        'button',
        {
          type: 'button',
          class: 'link',
          title: 'Go to this moment',
          onclick: () => app.go({ at }),
        },
        clockText(at),
      ),
    );
    return report ? reportRow(report, time) : stepRow(track, at, step, time);
  };

  const reportRow = (report: Report, time: HTMLElement) =>
    h(
      'tr',
      { class: `report ${report.level}` },
      time,
      h('td', {}, report.report),
      h('td', {}),
      h('td', {}),
      h(
        'td',
        {},
        report.sentence,
        report.remedy ? h('em', {}, ` ${report.remedy}`) : null,
        requestId(report.fields),
      ),
    );

  const stepRow = (track: Track, at: number, step: Step | null, time: HTMLElement) => {
    const edges = step?.took.map((id) => edgeOf(track.machine, id)) ?? [];
    const { type = '', ...data } = step?.event ?? {};
    const sender = step?.from === undefined ? null : app.model.tracks.get(step.from);
    return h(
      'tr',
      {},
      time,
      h(
        'td',
        {},
        eventWords(type),
        sender ? h('span', { class: 'soft' }, ` from ${sender.id}`) : null,
        step?.times ? ` × ${step.times}` : null,
      ),
      h('td', {}, edges.flatMap(({ guard }) => guard ?? []).join(', ')),
      h(
        'td',
        {},
        step?.state === undefined
          ? h('span', { class: 'soft' }, 'stays')
          : `→ ${stateText(step.state)}`,
      ),
      h(
        'td',
        { class: 'soft' },
        [
          ...Object.entries(data).map(([key, value]) => `${key} ${valueText(key, value, at)}`),
          ...new Set(edges.flatMap(({ actions }) => actions)),
        ].join(', '),
      ),
    );
  };

  const requestId = ({ requestId: own, reason, detail }: Record<string, unknown>) => {
    const id = own ?? app.model.requests.get(String(reason ?? detail));
    return typeof id === 'string' ? h('code', {}, ` AWS request ${id}`) : null;
  };

  return {
    element,
    draw() {
      const track = app.model.find(app.place.actor ?? 'daemon', app.at);
      if (!track) {
        fill(head, 'none', () => [
          h('p', {}, `No actor named ${app.place.actor ?? 'daemon'} is recorded.`),
        ]);
        for (const part of [why, chart, context, history]) part.replaceChildren();
        shown = null;
        return;
      }
      const steps = app.model.stepsOf(track, app.at, mostHistory);
      const reports = reportsOf(track);
      drawHead(track);
      drawWhy(track, steps, reports);
      drawChart(track, steps);
      drawContext(track);
      drawHistory(track, steps, reports);
    },
  };
}
