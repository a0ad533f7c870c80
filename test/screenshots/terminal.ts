/** The style of a character: SGR codes of ANSI that this program writes. */
type Style = 'plain' | 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan';

interface Cell {
  character: string;
  style: Style;
}

const styles: Record<string, Style> = {
  ...{ 0: 'plain', 1: 'bold', 2: 'dim', 31: 'red', 32: 'green', 33: 'yellow' },
  ...{ 34: 'blue', 35: 'magenta', 36: 'cyan' },
};

const blank: Cell = { character: ' ', style: 'plain' };

/** What a terminal shows after these bytes, as far as this program uses one. */
export class Terminal {
  readonly #columns: number;
  readonly #cells: Cell[][];
  #row = 0;
  #column = 0;
  #style: Style = 'plain';

  constructor(columns: number, rows: number) {
    this.#columns = columns;
    this.#cells = Array.from({ length: rows }, () => Array<Cell>(columns).fill(blank));
  }

  write(text: string): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal is made of them.
    const parts = text.matchAll(/\x1b\[([?\d;]*)([A-Za-z])|\r|\n|[^\x1b\r\n]/gu);
    for (const [whole, numbers, command] of parts) {
      if (command !== undefined) this.#control(command, numbers ?? '');
      else if (whole === '\r') this.#column = 0;
      else if (whole === '\n') this.#row = Math.min(this.#row + 1, this.#cells.length - 1);
      else this.#put(whole);
    }
  }

  /** The rows, each as runs of one style. */
  runs(): { text: string; style: Style }[][] {
    return this.#cells.map((row) => {
      const runs: { text: string; style: Style }[] = [];
      for (const { character, style } of row) {
        const last = runs.at(-1);
        if (last?.style === style) last.text += character;
        else runs.push({ text: character, style });
      }
      return runs;
    });
  }

  #put(character: string): void {
    const row = this.#cells[this.#row];
    if (row && this.#column < this.#columns) row[this.#column] = { character, style: this.#style };
    this.#column++;
  }

  #control(command: string, numbers: string): void {
    if (command === 'm') this.#style = styles[numbers] ?? 'plain';
    else if (command === 'H') [this.#row, this.#column] = [0, 0];
    else if (command === 'A') this.#row = Math.max(0, this.#row - Number(numbers || 1));
    else if (command === 'K') this.#cells[this.#row]?.fill(blank, this.#column);
    else if (command === 'J') {
      const from = numbers === '2' ? 0 : this.#row;
      for (const row of this.#cells.slice(from)) row.fill(blank);
    }
  }
}

const colours: Record<Style, string> = {
  ...{ plain: '#d4d4d4', bold: '#ffffff', dim: '#8a919c', red: '#f7768e', green: '#9ece6a' },
  ...{ yellow: '#e0af68', blue: '#7aa2f7', magenta: '#bb9af7', cyan: '#7dcfff' },
};
const charWidth = 8.43;
const lineHeight = 18;
const margin = 14;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** A picture of the terminal that looks alike wherever it is shown. `title` is for those who cannot see it. */
export function svgOf(terminal: Terminal, title: string): string {
  const rows = terminal.runs();
  const columns = rows[0]?.reduce((sum, { text }) => sum + text.length, 0) ?? 0;
  const [width, height] = [
    Math.round(columns * charWidth + 2 * margin),
    rows.length * lineHeight + 2 * margin,
  ];
  const lines = rows.flatMap((runs, index) => {
    const y = margin + index * lineHeight + 14;
    let column = 0;
    return runs.flatMap(({ text, style }) => {
      const start = column;
      column += text.length;
      const weight = style === 'bold' ? ' font-weight="bold"' : '';
      // A renderer makes one space of several: what several part is placed apart.
      return [...text.matchAll(/\S+(?: \S+)*/g)].map(({ index: at, 0: words }) => {
        const x = (margin + (start + at) * charWidth).toFixed(1);
        const wide = (words.length * charWidth).toFixed(1);
        return `<text x="${x}" y="${y}" textLength="${wide}" lengthAdjust="spacingAndGlyphs" fill="${colours[style]}"${weight}>${escaped(words)}</text>`;
      });
    });
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">
<title>${escaped(title)}</title>
<rect width="${width}" height="${height}" rx="8" fill="#16181d"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">
${lines.join('\n')}
</g>
</svg>
`;
}
