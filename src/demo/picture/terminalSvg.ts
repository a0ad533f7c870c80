/** A piece of a line of a terminal, and its style by number of ANSI. */
interface Run {
  text: string;
  style: number;
}

const colours: Record<number, string> = {
  0: '#d6deeb',
  1: '#ffffff',
  2: '#7c8b9e',
  31: '#ff6b6b',
  32: '#7fdb8a',
  33: '#f2c55c',
  34: '#82aaff',
  35: '#d49bff',
  36: '#6fd7e5',
};
const background = '#111a24';
const cell = { width: 8.4, height: 18 };
const margin = 16;

const esc = String.fromCodePoint(27);
/** Control sequences: of colours, of moves up, and of what clears and hides. */
const colourSequence = new RegExp(`(${esc}\\[\\d*m)`);
const moveUp = new RegExp(`${esc}\\[\\d+A`);
const otherSequences = new RegExp(`${esc}\\[(\\?25[lh]|[JK])`, 'g');

/** The lines of a screen: text with ANSI colours, and no other control sequences. */
function runsOf(line: string): Run[] {
  const runs: Run[] = [];
  let style = 0;
  for (const piece of line.split(colourSequence)) {
    if (colourSequence.test(piece)) style = Number(piece.slice(2, -1));
    else if (piece !== '') runs.push({ text: piece, style });
  }
  return runs;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function lineSvg(line: string, row: number): string {
  let column = 0;
  const spans = runsOf(line).map(({ text, style }) => {
    const x = margin + column * cell.width;
    const width = text.length * cell.width;
    column += text.length;
    const weight = style === 1 ? ' font-weight="bold"' : '';
    return `<tspan x="${round(x)}" textLength="${round(width)}" fill="${colours[style] ?? colours[0]}"${weight}>${escaped(text)}</tspan>`;
  });
  const y = margin + (row + 0.75) * cell.height;
  return `<text y="${round(y)}" xml:space="preserve">${spans.join('')}</text>`;
}

const round = (value: number): number => Math.round(value * 10) / 10;

/** A screen of a terminal as a picture. `title`: for those who hear it. */
export function terminalSvg(lines: readonly string[], columns: number, title: string): string {
  const width = round(columns * cell.width + 2 * margin);
  const height = lines.length * cell.height + 2 * margin;
  const drawn = lines.flatMap((line, row) => (line.trim() === '' ? [] : [lineSvg(line, row)]));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${escaped(title)}</title>
<rect width="100%" height="100%" rx="8" fill="${background}"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">
${drawn.join('\n')}
</g>
</svg>
`;
}

/** The screens that a program has drawn one over the other, each by moving up to its first line. */
export function screensOf(output: string): string[][] {
  return output
    .replaceAll(otherSequences, '')
    .split(moveUp)
    .map((screen) => screen.split('\n').map((line) => line.replaceAll('\r', '').trimEnd()));
}
