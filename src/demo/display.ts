import type { DemoView } from './runDemo.ts';
import { render } from './styledText.ts';
import { drawView, explanation, headline } from './view.ts';

/** Where a demo is shown: process.stdout, or a test's own. */
export interface Output {
  write(text: string): unknown;
  columns?: number;
  rows?: number;
}

/** Shows what has happened since it began, until it is closed; closing it shows the last of it. */
export interface DemoDisplay {
  close(): void;
}

const redrawMs = 100;
const hideCursor = '\x1b[?25l';
const showCursor = '\x1b[?25h';
const clearBelow = '\x1b[J';
const clearScreen = '\x1b[H\x1b[2J';

/** A picture that is drawn over itself as long as the demo runs. */
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
    // After a change of size nobody knows where the old lines have gone.
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

/** One line for each thing that happens, for files, pipes and terminals that cannot go back. */
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
