import { parseRecording, type RecordingLine } from '../telemetry/inspector/recording.ts';
import { actorView } from './actorView.ts';
import type { App, View } from './app.ts';
import { compareView } from './compareView.ts';
import { h } from './dom.ts';
import { fleetView } from './fleetView.ts';
import { helpView } from './helpView.ts';
import { Model } from './model.ts';
import { hashOf, type Place, placeWith, readPlace } from './place.ts';
import { statelyView } from './statelyView.ts';
import { timeBar } from './timeBar.ts';

const token = new URLSearchParams(location.search).get('token') ?? '';
let model = new Model();
let place = readPlace(location.hash);
let connection = 'Connecting …';
let isFile = false;
let isDue = false;

const app: App = {
  token,
  get model() {
    return model;
  },
  get place() {
    return place;
  },
  get at() {
    return place.at ?? model.endsAt;
  },
  go(change: Partial<Place>, replace = false) {
    place = placeWith(place, change);
    const hash = hashOf(place);
    if (replace) history.replaceState(null, '', hash);
    else history.pushState(null, '', hash);
    request();
  },
  async openFile(file) {
    const lines = parseRecording(await file.text());
    isFile = true;
    socket?.close();
    model = new Model();
    for (const line of lines) model.take(line);
    model.isComplete = true;
    connection = `${file.name}, opened from a file`;
  },
};

const views: Record<Place['view'], View> = {
  fleet: fleetView(app),
  actor: actorView(app),
  compare: compareView(app),
  stately: statelyView(app),
  help: helpView(app),
};
const names: [Place['view'], string][] = [
  ['fleet', 'Fleet'],
  ['actor', 'Actor'],
  ['compare', 'Compare'],
  ['stately', 'Stately'],
  ['help', 'Sessions'],
];
const bar = timeBar(app);
const title = h('h1', {}, 'scaler-ecs');
const status = h('p', { class: 'status', role: 'status' });
const tabs = names.map(([view, text]) =>
  h('button', { type: 'button', onclick: () => app.go({ view }) }, text),
);
const content = h('main', { id: 'content' });
document
  .querySelector('#page')
  ?.replaceChildren(
    h('header', {}, title, h('nav', { 'aria-label': 'Views' }, ...tabs), status),
    content,
    bar.element,
  );

function statusText(): string {
  const { header, isLive, isComplete } = model;
  if (!header) return connection;
  const kind = isFile ? connection : isLive ? connection : isComplete ? 'a recording' : 'loading …';
  return kind;
}

function draw(): void {
  isDue = false;
  const view = views[place.view];
  if (content.firstElementChild !== view.element) content.replaceChildren(view.element);
  names.forEach(([name], i) => {
    const tab = tabs[i];
    if (name === place.view) tab?.setAttribute('aria-current', 'page');
    else tab?.removeAttribute('aria-current');
  });
  title.textContent = model.header?.of ?? 'scaler-ecs';
  status.textContent = statusText();
  document.body.classList.toggle('past', place.at !== null);
  if (model.endsAt > 0) {
    view.draw();
    bar.draw();
  }
}

/** Draws soon: at most a few times a second, however much comes. */
let drawnAt = 0;
function request(): void {
  if (isDue) return;
  isDue = true;
  const wait = Math.max(0, 200 - (performance.now() - drawnAt));
  setTimeout(() => {
    drawnAt = performance.now();
    draw();
  }, wait);
}

let socket: WebSocket | null = null;

function connect(): void {
  if (isFile) return;
  const fresh = new Model();
  const opened = new WebSocket(`ws://${location.host}/feed?token=${token}`);
  socket = opened;
  opened.onmessage = ({ data }: MessageEvent<string>) => {
    for (const line of data.split('\n')) fresh.take(JSON.parse(line) as RecordingLine);
    // What was shown stays until all of the past has come again.
    if (model !== fresh && (fresh.isComplete || model.header === null)) model = fresh;
    connection = 'live';
    request();
  };
  opened.onclose = () => {
    if (isFile || (fresh.isComplete && !fresh.isLive)) return;
    connection = 'The daemon does not answer; trying again. What is shown is the past.';
    request();
    setTimeout(connect, 2000);
  };
}

window.addEventListener('popstate', () => {
  place = readPlace(location.hash);
  request();
});
window.addEventListener('hashchange', () => {
  place = readPlace(location.hash);
  request();
});
connect();
draw();
