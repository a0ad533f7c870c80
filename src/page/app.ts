import type { Model } from './model.ts';
import type { Place } from './place.ts';

/** What the views of the page share. */
export interface App {
  readonly model: Model;
  readonly place: Place;
  /** The moment that is shown. */
  readonly at: number;
  readonly token: string;
  /** Changes what is shown, and the address with it. `replace`: without an entry in the browser's history. */
  go(change: Partial<Place>, replace?: boolean): void;
  /** Opens a saved recording in place of what is shown. */
  openFile(file: File): Promise<void>;
}

export interface View {
  element: HTMLElement;
  /** Draws what the model says of the moment. */
  draw(): void;
}
