import { type Box, type Layout, lineChar, lineHeight, titleHeight, type Wire } from './layout.ts';

/** The page of the inspector has its own copy of these names. Light, and dark where the reader's system is. */
const style = `
svg{--ground:#ffffff;--around:#f5f7fa;--box:#ffffff;--line:#8a94a6;--text:#1c2430;--soft:#57606e;--start:#1c2430}
@media (prefers-color-scheme:dark){svg{--ground:#14181f;--around:#1b212b;--box:#222a36;--line:#77839a;--text:#e6eaf0;--soft:#a9b3c3;--start:#e6eaf0}}
text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace}
.ground{fill:var(--ground)}
.box{fill:var(--box);stroke:var(--line)}
.around>.box{fill:var(--around)}
.reactions>.box{stroke-dasharray:4 3}
.effect>.box{stroke-dasharray:2 2}
.final>.box{stroke-width:2.5}
.title{font-size:12px;font-weight:600;fill:var(--text)}
.line,.label{font-size:11px;fill:var(--soft)}
.label{paint-order:stroke;stroke:var(--ground);stroke-width:4px;stroke-linejoin:round}
.wire{fill:none;stroke:var(--line);stroke-width:1.2}
.head{fill:var(--line)}
.start{fill:var(--start)}
`.trim();

const escaped = (text: string): string => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

const rounded = (value: number): number => Math.round(value * 10) / 10;

function drawBox({ state, title, lines, kind, isInitial, x, y, width, height }: Box): string {
  const named = state === null ? '' : ` data-state="${escaped(state)}"`;
  const radius = kind === 'effect' ? Math.round(height / 2) : 6;
  const texts = lines.map(
    ({ text, edges }, i) =>
      `<text class="line"${edges.length > 0 ? ` data-edges="${escaped(edges.join(' '))}"` : ''} x="${rounded(x + 11)}" y="${rounded(y + titleHeight + 13 + i * lineHeight)}">${escaped(text)}</text>`,
  );
  const rule =
    lines.length > 0
      ? `<path class="wire" d="M${rounded(x)} ${rounded(y + titleHeight)}h${rounded(width)}" stroke-opacity=".4"/>`
      : '';
  const start = isInitial
    ? `<circle class="start" cx="${rounded(x + 1)}" cy="${rounded(y + 11)}" r="4.5"><title>starts here</title></circle>`
    : '';
  return `<g class="${kind}"${named}><rect class="box" x="${rounded(x)}" y="${rounded(y)}" width="${rounded(width)}" height="${rounded(height)}" rx="${radius}"/>${rule}<text class="title" x="${rounded(x + 11)}" y="${rounded(y + 16)}">${escaped(title)}</text>${texts.join('')}${start}</g>`;
}

/** Orthogonal lines with round corners. */
function pathOf(points: Wire['points']): string {
  const [first, ...rest] = points;
  if (!first) return '';
  let path = `M${rounded(first.x)} ${rounded(first.y)}`;
  rest.forEach((point, i) => {
    const before = points[i] as { x: number; y: number };
    const after = rest[i + 1];
    if (!after) {
      path += `L${rounded(point.x)} ${rounded(point.y)}`;
      return;
    }
    const cut = (other: { x: number; y: number }) => {
      const length = Math.hypot(other.x - point.x, other.y - point.y);
      const share = length === 0 ? 0 : Math.min(5, length / 2) / length;
      return `${rounded(point.x + (other.x - point.x) * share)} ${rounded(point.y + (other.y - point.y) * share)}`;
    };
    path += `L${cut(before)}Q${rounded(point.x)} ${rounded(point.y)} ${cut(after)}`;
  });
  return path;
}

function headOf(points: Wire['points']): string {
  const end = points.at(-1);
  const before = points.at(-2);
  if (!end || !before) return '';
  const length = Math.hypot(end.x - before.x, end.y - before.y) || 1;
  const [dx, dy] = [(end.x - before.x) / length, (end.y - before.y) / length];
  const at = (back: number, side: number) =>
    `${rounded(end.x - dx * back - dy * side)} ${rounded(end.y - dy * back + dx * side)}`;
  return `<path class="head" d="M${at(0, 0)}L${at(8, 3.6)}L${at(8, -3.6)}Z"/>`;
}

const drawWire = ({ edges, points }: Wire): string =>
  `<g class="edge"${edges.length > 0 ? ` data-edges="${escaped(edges.join(' '))}"` : ''}><path class="wire" d="${pathOf(points)}"/>${headOf(points)}</g>`;

const drawLabel = ({ text, label }: Wire): string =>
  label === null || text === null
    ? ''
    : `<text class="label" x="${rounded(label.x + lineChar / 2)}" y="${rounded(label.y + 11)}">${escaped(text)}</text>`;

/** A picture that needs nothing else: a README shows it, and the inspector's page lights its states. */
export function svgOf({ name, width, height, boxes, wires }: Layout, title: string): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}" data-machine="${escaped(name)}">`,
    `<style>${style}</style>`,
    `<rect class="ground" width="${width}" height="${height}"/>`,
    ...boxes.map(drawBox),
    ...wires.map(drawWire),
    ...wires.map(drawLabel).filter((text) => text !== ''),
    '</svg>\n',
  ].join('\n');
}
