import { render } from '../shared/terminal/styledText.ts';
import type { DemoView } from './runDemo.ts';
import { drawView, explanation, headline } from './view.ts';

/** Where the demo is shown: process.stdout, or the output of a test. */
export interface Output {
  write(text: string): unknown;
  columns?: number;
  rows?: number;
}

/** Shows the demo until it is closed; `close` shows the final state. */
export interface DemoDisplay {
  close(): void;
}

const redrawMs = 100;
const hideCursor = '\x1b[?25l';
const showCursor = '\x1b[?25h';
const clearBelow = '\x1b[J';
const clearScreen = '\x1b[H\x1b[2J';

/** Redraws the view in place, every 100 ms. */
export function showLive(
  screen: Output,
  { story, tasks, seconds }: DemoView,
  { colour, unicode }: { colour: boolean; unicode: boolean },
): DemoDisplay {
  let height = 0;
  let size = '';
  const redraw = (): void => {
    const columns = (screen.columns ?? 80) - 1;
    const rows = (screen.rows ?? 24) - 1;
    const scene = { story, tasks: tasks(), seconds: seconds() };
    const lines = drawView(scene, { columns, rows, unicode }).map((line) =>
      render(line, columns, colour),
    );
    // After a change of size the position of the old lines is unknown.
    const resized = size !== '' && size !== `${columns} ${rows}`;
    const moveToStart = resized ? clearScreen : height > 0 ? `\x1b[${height}A` : '';
    screen.write(`${moveToStart}${lines.map((line) => `\r${line}\x1b[K\n`).join('')}${clearBelow}`);
    height = lines.length;
    size = `${columns} ${rows}`;
  };
  screen.write(hideCursor);
  redraw();
  const timer = setInterval(redraw, redrawMs);
  return {
    close() {
      clearInterval(timer);
      redraw();
      screen.write(showCursor);
    },
  };
}

/** Prints one line per event, for files, pipes and terminals without cursor control. */
export function showPlain(screen: Output, { story }: DemoView): DemoDisplay {
  let printed = 0;
  const print = (): void => {
    for (const { at, text } of story.sentences.slice(printed))
      screen.write(`${at.toFixed(1).padStart(6)} s  ${text}\n`);
    printed = story.sentences.length;
  };
  screen.write(`${headline}\n${explanation}\n\n`);
  const timer = setInterval(print, redrawMs);
  return {
    close() {
      clearInterval(timer);
      print();
    },
  };
}
