import { type Line, render } from './styledText.ts';

/** Where something is shown: process.stdout, or the output of a test. */
export interface Output {
  write(text: string): unknown;
  columns?: number;
  rows?: number;
}

export interface ScreenSize {
  columns: number;
  rows: number;
}

export interface ScreenOptions {
  colour: boolean;
  /** A screen of its own, that is gone afterwards; else below what was printed before. */
  alternate?: boolean;
}

/** Draws in place. */
export interface Screen {
  /** Draws these lines instead of those before; they are cut to the screen. */
  draw(linesFor: (size: ScreenSize) => readonly Line[]): void;
  close(): void;
}

const hideCursor = '\x1b[?25l';
const showCursor = '\x1b[?25h';
const clearBelow = '\x1b[J';
const clearScreen = '\x1b[H\x1b[2J';
const enterAlternate = '\x1b[?1049h';
const leaveAlternate = '\x1b[?1049l';

/** `output` is a terminal. */
export function openScreen(output: Output, { colour, alternate = false }: ScreenOptions): Screen {
  let height = 0;
  let size = '';
  output.write(`${alternate ? enterAlternate : ''}${hideCursor}`);
  return {
    draw(linesFor) {
      // In the last column or row of a terminal a character may scroll it.
      // A terminal that does not know its size says 0.
      const columns = (output.columns || 80) - 1;
      const rows = (output.rows || 24) - 1;
      const lines = linesFor({ columns, rows }).map((line) => render(line, columns, colour));
      // After a change of size the position of the old lines is unknown.
      const isResized = size !== '' && size !== `${columns} ${rows}`;
      const up = height > 0 ? `\x1b[${height}A` : '';
      const toStart = alternate || isResized ? (isResized ? clearScreen : '\x1b[H') : up;
      output.write(`${toStart}${lines.map((line) => `\r${line}\x1b[K\n`).join('')}${clearBelow}`);
      height = lines.length;
      size = `${columns} ${rows}`;
    },
    close() {
      output.write(`${showCursor}${alternate ? leaveAlternate : ''}`);
    },
  };
}

type Environment = Record<string, string | undefined>;

/** What a terminal can show, by the environment. */
export function terminalStyle(env: Environment): { colour: boolean; unicode: boolean } {
  return {
    colour: !env.NO_COLOR && env.TERM !== 'dumb',
    unicode: /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || ''),
  };
}
