import { causeWords } from './colours.ts';
import { clockText, h, spanText } from './dom.ts';
import { causeOf, type Model, stateAt, type Track } from './model.ts';
import { axisHeight, drawTimeline } from './timelineDrawing.ts';

export interface TimelineEvents {
  open: (track: Track) => void;
  /** A moment was chosen. */
  seek: (at: number) => void;
}

const rowHeights = [3, 8, 18];

/** One row a Fargate task on a canvas. Only the rows that can be seen are drawn. */
export class Timeline {
  readonly element: HTMLElement;
  private readonly canvas = h('canvas', { 'aria-hidden': 'true' });
  private readonly spacer = h('div', { class: 'spacer' });
  private readonly scroller: HTMLElement;
  private readonly said = h('p', { class: 'said', role: 'status' });
  private rows: Track[] = [];
  private from = 0;
  private to = 1;
  /** The window moves with the time. */
  private follows = true;
  /** The window holds all that is recorded. */
  private fits = true;
  /** Which height of the rows; chosen by their number until a person does. */
  private zoom = 2;
  private hasZoom = false;
  private chosen: Track | null = null;
  private at = 0;
  private model: Model | null = null;

  private readonly events: TimelineEvents;

  constructor(events: TimelineEvents) {
    this.events = events;
    this.scroller = h(
      'div',
      {
        class: 'scroller',
        tabindex: '0',
        role: 'group',
        'aria-label':
          'Timeline, one row a Fargate task. Arrow keys choose a row, Enter opens it, plus and minus zoom, left and right move in time.',
        onkeydown: (event: KeyboardEvent) => this.onKey(event),
        onscroll: () => this.draw(),
        onclick: (event: MouseEvent) => this.onClick(event),
        ondblclick: (event: MouseEvent) => this.onDoubleClick(event),
        onwheel: (event: WheelEvent) => this.onWheel(event),
      },
      this.canvas,
      this.spacer,
    );
    const button = (text: string, label: string, act: () => void) =>
      h(
        'button',
        {
          type: 'button',
          title: label,
          'aria-label': text.length > 1 ? null : label,
          onclick: act,
        },
        text,
      );
    this.element = h(
      'section',
      { class: 'timeline', 'aria-label': 'Timeline' },
      h(
        'div',
        { class: 'tools' },
        button('−', 'Zoom out', () => this.scale(2)),
        button('+', 'Zoom in', () => this.scale(0.5)),
        button('All', 'Show the whole time', () => this.showAll()),
        button('Follow', 'Keep the newest in sight', () => {
          this.follows = true;
          this.fits = false;
          this.refresh();
        }),
        button('Rows', 'Height of the rows', () => {
          this.hasZoom = true;
          this.zoom = (this.zoom + rowHeights.length - 1) % rowHeights.length;
          this.refresh();
        }),
      ),
      this.scroller,
      this.said,
    );
    new ResizeObserver(() => this.draw()).observe(this.scroller);
  }

  private get rowHeight(): number {
    return rowHeights[this.zoom] ?? 18;
  }

  private get labelWidth(): number {
    return this.rowHeight < 12 ? 8 : this.scroller.clientWidth < 600 ? 84 : 190;
  }

  show(model: Model, rows: Track[], at: number, chosen: Track | null): void {
    this.model = model;
    if (!this.hasZoom) this.zoom = rows.length > 2000 ? 0 : rows.length > 100 ? 1 : 2;
    this.rows = rows;
    this.at = at;
    if (chosen) this.chosen = chosen;
    if (this.fits) this.showAll();
    else this.refresh();
  }

  private showAll(): void {
    if (!this.model) return;
    const first = this.rows.reduce((least, { bornAt }) => Math.min(least, bornAt), this.at);
    this.from = Math.min(first, this.model.endsAt - 10_000);
    this.to = this.model.endsAt;
    const edge = (this.to - this.from) * 0.02;
    this.from -= edge;
    this.fits = true;
    this.follows = true;
    this.refresh();
  }

  private refresh(): void {
    if (this.follows && this.model) {
      const span = this.to - this.from;
      this.to = this.model.endsAt;
      this.from = this.to - span;
    }
    this.spacer.style.setProperty('height', `${this.rows.length * this.rowHeight + axisHeight}px`);
    this.draw();
  }

  private scale(factor: number): void {
    const middle = this.follows ? this.to : (this.from + this.to) / 2;
    this.zoomAt(middle, factor);
  }

  private zoomAt(middle: number, factor: number): void {
    this.fits = false;
    const span = Math.min(Math.max((this.to - this.from) * factor, 2000), 7 * 86_400_000);
    const share = (middle - this.from) / (this.to - this.from);
    this.from = middle - span * share;
    this.to = this.from + span;
    this.refresh();
  }

  private move(share: number): void {
    this.fits = false;
    const by = (this.to - this.from) * share;
    this.follows = false;
    this.from += by;
    this.to += by;
    this.refresh();
  }

  private choose(index: number): void {
    const track = this.rows[Math.min(Math.max(index, 0), this.rows.length - 1)];
    if (!track) return;
    this.chosen = track;
    this.reveal(track);
    this.say(track);
    this.draw();
  }

  /** Scrolls to a row, and to its end in time. */
  reveal(track: Track): void {
    const top = this.rows.indexOf(track) * this.rowHeight;
    const { scrollTop, clientHeight } = this.scroller;
    if (top < scrollTop || top > scrollTop + clientHeight - axisHeight - this.rowHeight * 2)
      this.scroller.scrollTop = Math.max(0, top - clientHeight / 2);
    this.chosen = track;
    this.say(track);
    this.draw();
  }

  private say(track: Track): void {
    const state = stateAt(track, this.at);
    const cause = causeOf(track, this.at);
    const end = track.endedAt ?? this.at;
    const words =
      cause === null
        ? `${state ?? 'not there yet'}, ${spanText(end - track.bornAt)} old`
        : `ended at ${clockText(end)} after ${spanText(end - track.bornAt)}; ${causeWords[cause] ?? cause}`;
    this.said.textContent = `${track.id}: ${words}`;
  }

  private rowAt(event: MouseEvent): Track | undefined {
    const { top } = this.scroller.getBoundingClientRect();
    const y = event.clientY - top - axisHeight + this.scroller.scrollTop;
    return this.rows[Math.floor(y / this.rowHeight)];
  }

  private timeAt(event: MouseEvent): number {
    const { left } = this.scroller.getBoundingClientRect();
    const width = this.scroller.clientWidth - this.labelWidth;
    const share = (event.clientX - left - this.labelWidth) / width;
    return this.from + (this.to - this.from) * share;
  }

  private onClick(event: MouseEvent): void {
    const { left, top } = this.scroller.getBoundingClientRect();
    if (event.clientY - top < axisHeight) {
      this.events.seek(this.timeAt(event));
      return;
    }
    const track = this.rowAt(event);
    if (!track) return;
    if (track === this.chosen || event.clientX - left < this.labelWidth) this.events.open(track);
    else this.choose(this.rows.indexOf(track));
  }

  private onDoubleClick(event: MouseEvent): void {
    const track = this.rowAt(event);
    if (track) this.events.open(track);
  }

  private onWheel(event: WheelEvent): void {
    if (!event.ctrlKey && !event.metaKey && !event.shiftKey) return;
    event.preventDefault();
    if (event.shiftKey) this.move(Math.sign(event.deltaY || event.deltaX) * 0.1);
    else {
      this.follows = false;
      this.zoomAt(this.timeAt(event), event.deltaY > 0 ? 1.25 : 0.8);
    }
  }

  private onKey(event: KeyboardEvent): void {
    const at = this.chosen ? this.rows.indexOf(this.chosen) : -1;
    const keys: Record<string, () => void> = {
      ArrowDown: () => this.choose(at + 1),
      ArrowUp: () => this.choose(at - 1),
      PageDown: () => this.choose(at + 20),
      PageUp: () => this.choose(at - 20),
      Home: () => this.choose(0),
      End: () => this.choose(this.rows.length - 1),
      ArrowLeft: () => this.move(-0.1),
      ArrowRight: () => this.move(0.1),
      '+': () => this.scale(0.5),
      '-': () => this.scale(2),
      Enter: () => this.chosen && this.events.open(this.chosen),
    };
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  private draw(): void {
    const { clientWidth: width, clientHeight: height, scrollTop } = this.scroller;
    if (width === 0 || height === 0) return;
    const { rows, from, to, at, chosen, rowHeight, labelWidth } = this;
    drawTimeline(this.canvas, {
      ...{ rows, from, to, at, chosen, rowHeight, labelWidth, width, height, scrollTop },
      styles: getComputedStyle(this.scroller),
    });
  }
}
