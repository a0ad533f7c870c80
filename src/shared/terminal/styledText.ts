export type Colour =
  | 'bold'
  | 'dim'
  | 'inverse'
  | 'red'
  | 'green'
  | 'yellow'
  | 'blue'
  | 'magenta'
  | 'cyan';

/** A part of a line and its style. */
export type Span = readonly [text: string, colour?: Colour];
export type Line = readonly Span[];

const codes: Record<Colour, number> = {
  bold: 1,
  dim: 2,
  inverse: 7,
  red: 31,
  green: 32,
  yellow: 33,
  blue: 34,
  magenta: 35,
  cyan: 36,
};

/** A line with ANSI escape codes, cut to `columns`. Assumes that every character is one column wide. */
export function render(line: Line, columns: number, colour: boolean): string {
  let remaining = columns;
  let text = '';
  for (const [piece, style] of line) {
    const part = piece.slice(0, remaining);
    remaining -= part.length;
    text += colour && style && part !== '' ? `\x1b[${codes[style]}m${part}\x1b[0m` : part;
  }
  return text;
}

/** Breaks a text into lines of at most `columns` characters; longer words stay whole. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/**
 * Breaks a line at spaces, or within a word that is longer than a line, so that it fits into `columns`. The lines
 * after the first begin with `indent` spaces.
 */
export function wrapLine(line: Line, columns: number, indent = 0): Line[] {
  const lines: Span[][] = [[]];
  let used = 0;
  const breakLine = (): void => {
    lines.push([[' '.repeat(indent)]]);
    used = indent;
  };
  for (const [text, style] of line)
    for (let word of text.split(/(?<= )(?=[^ ])/)) {
      if (used + word.trimEnd().length > columns && used > indent) breakLine();
      while (word.trimEnd().length > columns - used) {
        lines.at(-1)?.push(styled(word.slice(0, columns - used), style));
        word = word.slice(columns - used);
        breakLine();
      }
      lines.at(-1)?.push(styled(word, style));
      used += word.length;
    }
  return lines;
}

function styled(text: string, style: Colour | undefined): Span {
  return style === undefined ? [text] : [text, style];
}
