const stately = 'https://stately.ai';

const style = `
body { font: 14px/1.5 system-ui, sans-serif; margin: 1rem; }
table { border-collapse: collapse; }
td, th { text-align: left; padding: 0 1rem 0 0; vertical-align: top; white-space: nowrap; }
td:last-child { white-space: normal; color: #666; }
tr.ended { color: #999; text-decoration: line-through; }
iframe { border: 0; width: 100%; height: 90vh; }
`;

/** Runs in the browser. Text from the socket becomes text of the page, never markup. */
const script = `
const actors = new Map(), changed = new Set(), body = document.querySelector('tbody');
const status = document.querySelector('#status'), button = document.querySelector('button');
let stately = null, connected = false;

const stateText = (value) => typeof value === 'string' ? value : Object.entries(value ?? {})
  .map(([key, inner]) => key + '.' + stateText(inner)).join(' ');
const depth = ({ parentId }) => parentId && actors.has(parentId) ? 1 + depth(actors.get(parentId)) : 0;

const draw = () => {
  for (const actor of changed) {
    if (!actor.row) {
      actor.row = body.insertRow();
      for (let i = 0; i < 4; i++) actor.row.insertCell();
    }
    const [name, state, event, context] = actor.row.cells;
    name.style.paddingLeft = depth(actor) + 'rem';
    name.textContent = actor.name;
    state.textContent = stateText(actor.snapshot?.value);
    event.textContent = actor.event ?? '';
    context.textContent = Object.entries(actor.snapshot?.context ?? {})
      .map(([key, value]) => key + ' ' + JSON.stringify(value)).join(', ');
    if (actor.snapshot && actor.snapshot.status !== 'active') {
      actor.row.className = 'ended';
      actors.delete(actor.sessionId);
      setTimeout(() => actor.row.remove(), 5000);
    }
  }
  changed.clear();
  status.textContent = actors.size + ' actors';
};

const receive = (message) => {
  if (message.type === '@xstate.actor') actors.set(message.sessionId, { ...message, first: message });
  const actor = actors.get(message.sessionId);
  if (!actor) return;
  if (message.type === '@xstate.snapshot') {
    actor.snapshot = message.snapshot;
    actor.last = message;
  }
  if (message.type === '@xstate.event') actor.event = message.event.type;
  if (changed.size === 0) setTimeout(draw, 100);
  changed.add(actor);
};

const forward = (message) => stately.contentWindow.postMessage(message, '${stately}');

const connect = () => {
  const socket = new WebSocket('ws://' + location.host);
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    receive(message);
    if (connected) forward(message);
  };
  socket.onclose = () => {
    actors.clear();
    changed.clear();
    body.replaceChildren();
    status.textContent = 'not connected';
    setTimeout(connect, 2000);
  };
};
connect();

window.addEventListener('message', ({ data, source, origin }) => {
  if (source !== stately?.contentWindow || origin !== '${stately}') return;
  if (data?.type !== '@statelyai.connected' || connected) return;
  connected = true;
  for (const { first, last } of actors.values()) {
    forward(first);
    if (last) forward(last);
  }
});
button.onclick = () => {
  stately = document.createElement('iframe');
  stately.src = '${stately}/inspect';
  button.replaceWith(stately);
};
`;

/** The page that shows the actors. It loads nothing from another host until its button is pressed. */
export const inspectPage = (nonce: string): { html: string; headers: Record<string, string> } => ({
  headers: {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; connect-src 'self'; frame-src ${stately}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  },
  html: `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>scaler-ecs</title><style nonce="${nonce}">${style}</style></head>
<body>
<p><span id="status">not connected</span> <button>Open in Stately's inspector (${stately})</button></p>
<table><thead><tr><th>Actor</th><th>State</th><th>Last event</th><th>Context</th></tr></thead><tbody></tbody></table>
<script nonce="${nonce}">${script}</script>
</body>
</html>
`,
});
