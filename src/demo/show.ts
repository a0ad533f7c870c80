import { draw, explanation, headline } from './picture.ts';
import type { Stage } from './runDemo.ts';
import { render } from './span.ts';

/** Where a demo is shown: process.stdout, or a test's own. */
export interface Screen {
  write(text: string): unknown;
  columns?: number;
  rows?: number;
}

/** Shows what has happened since it began, until it is closed; closing it shows the last of it. */
export interface Show {
  close(): void;
}

const redrawMs = 100;
const hideCursor = '\x1b[?25l';
const showCursor = '\x1b[?25h';
const clearBelow = '\x1b[J';
const clearScreen = '\x1b[H\x1b[2J';

/** A picture that is drawn over itself as long as the demo runs. */
export function showLive(
  screen: Screen,
  { story, tasks, seconds }: Stage,
  { colour, unicode }: { colour: boolean; unicode: boolean },
): Show {
  let height = 0;
  let size = '';
  const redraw = (): void => {
    const columns = (screen.columns ?? 80) - 1;
    const rows = (screen.rows ?? 24) - 1;
    const scene = { story, tasks: tasks(), seconds: seconds() };
    const lines = draw(scene, { columns, rows, unicode }).map((line) =>
      render(line, columns, colour),
    );
    // After a change of size nobody knows where the old lines have gone.
    const resized = size !== '' && size !== `${columns} ${rows}`;
    const back = resized ? clearScreen : height > 0 ? `\x1b[${height}A` : '';
    screen.write(`${back}${lines.map((line) => `\r${line}\x1b[K\n`).join('')}${clearBelow}`);
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
export function showPlain(screen: Screen, { story }: Stage): Show {
  let told = 0;
  const tell = (): void => {
    for (const { at, text } of story.sentences.slice(told))
      screen.write(`${at.toFixed(1).padStart(6)} s  ${text}\n`);
    told = story.sentences.length;
  };
  screen.write(`${headline}\n${explanation}\n\n`);
  const timer = setInterval(tell, redrawMs);
  return {
    close() {
      clearInterval(timer);
      tell();
    },
  };
}
