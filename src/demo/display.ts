import { type Output, openScreen } from '../shared/terminal/screen.ts';
import type { DemoView } from './runDemo.ts';
import { drawView, explanation, headline } from './view.ts';

/** Shows the demo until it is closed; `close` shows the final state. */
export interface DemoDisplay {
  close(): void;
}

const redrawMs = 100;

/** Redraws the view in place, every 100 ms. */
export function showLive(
  output: Output,
  { story, tasks, seconds }: DemoView,
  { colour, unicode }: { colour: boolean; unicode: boolean },
): DemoDisplay {
  const screen = openScreen(output, { colour });
  const redraw = (): void =>
    screen.draw((size) =>
      drawView({ story, tasks: tasks(), seconds: seconds() }, { ...size, unicode }),
    );
  redraw();
  const timer = setInterval(redraw, redrawMs);
  return {
    close() {
      clearInterval(timer);
      redraw();
      screen.close();
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
