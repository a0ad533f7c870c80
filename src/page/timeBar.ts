import type { App, View } from './app.ts';
import { clockText, h, spanText } from './dom.ts';

/** The bar below every view: which moment is shown, and how far back it can go. */
export function timeBar(app: App): View {
  const slider = h('input', {
    ...{ type: 'range', min: '0', max: '1000', step: '1', 'aria-label': 'Moment that is shown' },
    oninput: () => {
      const { startsAt, endsAt } = app.model;
      const share = Number(slider.value) / 1000;
      app.go({ at: share >= 1 ? null : startsAt + (endsAt - startsAt) * share }, true);
    },
  });
  const words = h('output', { class: 'moment' });
  const live = h(
    'button',
    { type: 'button', class: 'live', onclick: () => app.go({ at: null }) },
    'Live',
  );
  const step = (label: string, text: string, ms: number) =>
    h(
      'button',
      {
        ...{ type: 'button', 'aria-label': label, title: label },
        onclick: () => app.go({ at: Math.min(app.at + ms, app.model.endsAt) }),
      },
      text,
    );
  const mark = h(
    'button',
    {
      type: 'button',
      title: 'Compare another moment with this one',
      onclick: () => app.go({ view: 'compare', other: app.at }),
    },
    'Compare from here',
  );
  const element = h(
    'footer',
    { class: 'timeBar', 'aria-label': 'Time' },
    step('A second back', '‹', -1000),
    slider,
    step('A second on', '›', 1000),
    words,
    live,
    mark,
  );
  return {
    element,
    draw() {
      const { startsAt, endsAt, isLive } = app.model;
      const span = Math.max(1, endsAt - startsAt);
      if (document.activeElement !== slider || app.place.at === null)
        slider.value = String(Math.round(((app.at - startsAt) / span) * 1000));
      const back = Number.isFinite(startsAt) ? `${spanText(span)} recorded` : 'nothing recorded';
      const text = `${clockText(app.at)}${app.place.at === null ? '' : `, ${spanText(endsAt - app.at)} ${isLive ? 'ago' : 'before the end'}`} · ${back}`;
      if (words.textContent !== text) words.textContent = text;
      slider.setAttribute('aria-valuetext', clockText(app.at));
      live.classList.toggle('on', isLive);
      live.textContent = isLive ? 'Live' : 'To the end';
      live.setAttribute('aria-pressed', String(app.place.at === null));
    },
  };
}
