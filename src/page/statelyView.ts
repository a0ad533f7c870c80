import type { App, View } from './app.ts';
import { h } from './dom.ts';

const stately = 'https://stately.ai';
/** A page that can be reached says so within this time, ms. */
const answerLimitMs = 10_000;

interface Message {
  type: string;
  sessionId: string;
}

/** Stately's own inspector in a frame, fed with the messages of `@statelyai/inspect`. Loaded only when it is asked for. */
export function statelyView(app: App): View {
  const status = h('p', { role: 'status' });
  const frame = h('div', { class: 'stately' });
  const open = h('button', { type: 'button', onclick: () => start() }, `Load ${stately}/inspect`);
  const element = h(
    'div',
    { class: 'statelyView' },
    h('h2', {}, "Stately's inspector"),
    h(
      'p',
      {},
      `Its page comes from ${stately}: this browser needs the internet for it. It gets names, states and numbers of our actors, in this browser. Everything else of this page works without it.`,
    ),
    open,
    status,
    frame,
  );

  const start = (): void => {
    if (!app.model.isLive) {
      status.textContent = 'Stately shows live actors only; this is a recording.';
      return;
    }
    open.disabled = true;
    status.textContent = `Waiting for ${stately} …`;
    const inner = h('iframe', { src: `${stately}/inspect`, title: "Stately's inspector" });
    frame.replaceChildren(inner);
    const actors = new Map<string, { first: Message; last: Message | null }>();
    let connected = false;
    const forward = (message: unknown) => inner.contentWindow?.postMessage(message, stately);

    const fail = (why: string) => {
      status.textContent = `${stately} cannot be reached: ${why}. Check whether this browser has the internet, and load it again.`;
      open.disabled = false;
      window.removeEventListener('message', onMessage);
      socket.close();
      frame.replaceChildren();
    };
    const timer = setTimeout(
      () => fail(`it has not answered within ${answerLimitMs / 1000} s`),
      answerLimitMs,
    );

    const onMessage = ({ data, source, origin }: MessageEvent) => {
      if (source !== inner.contentWindow || origin !== stately) return;
      if (data?.type !== '@statelyai.connected' || connected) return;
      connected = true;
      clearTimeout(timer);
      status.textContent = `Connected to ${stately}: it shows ${actors.size} actors.`;
      for (const { first, last } of actors.values()) {
        forward(first);
        if (last) forward(last);
      }
    };
    window.addEventListener('message', onMessage);

    const socket = new WebSocket(`ws://${location.host}/?token=${app.token}`);
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data) as Message;
      if (message.type === '@xstate.actor')
        actors.set(message.sessionId, { first: message, last: null });
      const known = actors.get(message.sessionId);
      if (known && message.type === '@xstate.snapshot') known.last = message;
      if (connected) forward(message);
    };
    socket.onclose = () => {
      if (connected) status.textContent = 'The daemon has closed the connection.';
    };
  };

  return { element, draw() {} };
}
