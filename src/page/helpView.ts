import type { App, View } from './app.ts';
import { h } from './dom.ts';

/** Saving, opening, and what the keys do. */
export function helpView(app: App): View {
  const status = h('p', { role: 'status' });
  const file = h('input', {
    ...{ type: 'file', accept: '.jsonl,.ndjson,.json', id: 'recordingFile' },
    onchange: async () => {
      const [chosen] = file.files ?? [];
      if (!chosen) return;
      try {
        await app.openFile(chosen);
        app.go({ view: 'fleet', at: null });
      } catch (error) {
        status.textContent = `${chosen.name} cannot be opened: ${(error as Error).message}.`;
      }
    },
  });
  const element = h(
    'div',
    { class: 'help' },
    h('h2', {}, 'Save what is recorded'),
    h(
      'p',
      {},
      h('a', { href: `/recording?token=${app.token}`, class: 'button' }, 'Save as a file'),
      ' It holds states, events and the lines of the log; no credentials.',
    ),
    h('h2', {}, 'Open a recording'),
    h(
      'p',
      {},
      h('label', { for: 'recordingFile' }, 'A file that was saved here, or by '),
      h('code', {}, 'npm run simulate -- --seeds 1 --from SEED --record FILE'),
    ),
    h('p', {}, file),
    status,
    h('p', {}, 'Without a daemon: ', h('code', {}, 'scaler-ecs inspect FILE'), '.'),
    h('h2', {}, 'Keys'),
    h(
      'table',
      {},
      h(
        'tbody',
        {},
        ...[
          ['Arrow up, down', 'in the timeline: choose a row'],
          ['Enter', 'open the row'],
          ['+ and −', 'zoom; also Ctrl and the wheel'],
          ['Arrow left, right', 'in the timeline: earlier, later; on the slider: another moment'],
          ['A link of the address bar', 'leads to the same actor, filters and moment'],
        ].map(([key = '', words = '']) =>
          h('tr', {}, h('th', { scope: 'row' }, key), h('td', {}, words)),
        ),
      ),
    ),
  );
  return { element, draw() {} };
}
