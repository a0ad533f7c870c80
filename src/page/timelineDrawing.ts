import { colourOfCause, colourOfState } from './colours.ts';
import { clockText } from './dom.ts';
import { causeOf, isFailure, segmentsOf, type Track } from './model.ts';

export const axisHeight = 22;
/** Between two marks of the scale, s. */
const steps = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 86_400];

export interface TimelineView {
  rows: readonly Track[];
  /** The window in time. */
  from: number;
  to: number;
  /** The moment that is shown: nothing later is drawn. */
  at: number;
  chosen: Track | null;
  rowHeight: number;
  labelWidth: number;
  width: number;
  height: number;
  scrollTop: number;
  styles: CSSStyleDeclaration;
}

interface Pen {
  context: CanvasRenderingContext2D;
  /** A colour of the style sheet. */
  paint: (name: string) => string;
  view: TimelineView;
  xOf: (at: number) => number;
}

/** Only the rows that can be seen are drawn. */
export function drawTimeline(canvas: HTMLCanvasElement, view: TimelineView): void {
  const { width, height, from, to, labelWidth, styles } = view;
  const density = window.devicePixelRatio || 1;
  const [wide, high] = [Math.round(width * density), Math.round(height * density)];
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide;
    canvas.height = high;
  }
  const context = canvas.getContext('2d');
  if (!context) return;
  const palette = new Map<string, string>();
  const paint = (name: string): string => {
    const colour = palette.get(name) ?? styles.getPropertyValue(name).trim();
    palette.set(name, colour);
    return colour;
  };
  const xOf = (at: number) => labelWidth + ((at - from) / (to - from)) * (width - labelWidth);
  context.setTransform(density, 0, 0, density, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = '11px ui-monospace, Menlo, Consolas, monospace';
  context.textBaseline = 'middle';
  const pen = { context, paint, view, xOf };
  drawRows(pen);
  drawScale(pen);
}

function drawRows(pen: Pen): void {
  const { context, paint, view } = pen;
  const { rows, rowHeight, scrollTop, height, width, chosen } = view;
  const first = Math.floor(scrollTop / rowHeight);
  const last = Math.min(rows.length, first + Math.ceil(height / rowHeight) + 1);
  for (let i = first; i < last; i++) {
    const track = rows[i] as Track;
    const y = axisHeight + i * rowHeight - scrollTop;
    if (track === chosen) {
      context.fillStyle = paint('--chosen');
      context.fillRect(0, y, width, rowHeight);
    }
    drawLife(pen, track, y);
    drawEnd(pen, track, y);
    if (rowHeight >= 12) drawName(pen, track, y);
  }
}

function drawLife({ context, paint, view, xOf }: Pen, track: Track, y: number): void {
  const { at, width, labelWidth, rowHeight } = view;
  const thick = rowHeight > 4 ? rowHeight - Math.max(2, rowHeight / 4) : rowHeight - 1;
  for (const { from, to, state } of segmentsOf(track, at)) {
    const x = Math.max(xOf(from), labelWidth);
    const end = Math.min(xOf(to), width);
    if (end < labelWidth || x > width) continue;
    context.fillStyle = paint(colourOfState(state));
    context.fillRect(x, y + Math.floor((rowHeight - thick) / 2), Math.max(end - x, 1), thick);
  }
}

/** A cross where a group failed; a bar where rows are low, or it was drained. */
function drawEnd({ context, paint, view, xOf }: Pen, track: Track, y: number): void {
  const { at, width, labelWidth, rowHeight } = view;
  const cause = causeOf(track, at);
  if (cause === null || track.endedAt === null) return;
  const x = xOf(track.endedAt);
  if (x < labelWidth || x > width) return;
  context.fillStyle = paint(colourOfCause(cause));
  if (rowHeight < 12 || !isFailure(cause)) {
    context.fillRect(x - 1, y, isFailure(cause) ? 4 : 2, Math.max(rowHeight - 1, 2));
    return;
  }
  const half = Math.min(rowHeight - 4, 11) / 2;
  const middle = y + rowHeight / 2;
  context.lineWidth = 2.5;
  context.strokeStyle = context.fillStyle;
  context.beginPath();
  context.moveTo(x - half, middle - half);
  context.lineTo(x + half, middle + half);
  context.moveTo(x + half, middle - half);
  context.lineTo(x - half, middle + half);
  context.stroke();
}

function drawName({ context, paint, view }: Pen, track: Track, y: number): void {
  const most = Math.floor((view.labelWidth - 10) / 6.7);
  const name = track.id.replace(/^group\./, '');
  context.fillStyle = paint('--text');
  const shown = name.length > most ? `…${name.slice(-most + 1)}` : name;
  context.fillText(shown, 6, y + view.rowHeight / 2);
}

function drawScale({ context, paint, view, xOf }: Pen): void {
  const { from, to, width, height, labelWidth, at: shown } = view;
  context.fillStyle = paint('--panel');
  context.fillRect(0, 0, width, axisHeight);
  const wanted = Math.max(2, Math.floor((width - labelWidth) / 90));
  const step = (steps.find((each) => (to - from) / (each * 1000) <= wanted) ?? 86_400) * 1000;
  context.strokeStyle = paint('--grid');
  context.lineWidth = 1;
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
    const x = Math.round(xOf(at)) + 0.5;
    context.beginPath();
    context.moveTo(x, axisHeight - 4);
    context.lineTo(x, height);
    context.stroke();
    context.fillStyle = paint('--soft');
    if (x < width - 56) context.fillText(clockText(at), x + 3, axisHeight / 2);
  }
  const x = xOf(shown);
  if (x < labelWidth || x > width) return;
  context.strokeStyle = paint('--accent');
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(x, 0);
  context.lineTo(x, height);
  context.stroke();
}
