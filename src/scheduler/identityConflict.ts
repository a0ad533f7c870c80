import { now } from '../shared/clock.ts';

/** A line that the scheduler closes in good order so soon was taken by another connection, ms. */
const shortMs = 5000;
/** So many in a row are no accident. */
const many = 3;
/** A line that stands for so long is ours alone, ms. */
const longMs = 30_000;
/** How long to leave the scheduler to the other before we try again, ms. */
const pauseMs = { least: 5000, more: 10_000 };

/**
 * Two managers under one identity take each other's line for ever, several times a second, for over YMQ
 * the newest connection wins. Told by lines that the scheduler closes in good order as soon as they stand.
 */
export const contest = (random: () => number = Math.random) => {
  let short = 0;
  let openedAt = now();
  return {
    opened(): void {
      openedAt = now();
    },

    /** Answers whether that was when it became clear that there is another. */
    closed(kind: string): boolean {
      const stood = now() - openedAt;
      const before = short;
      if (stood >= longMs) short = 0;
      else if (kind === 'graceful' && stood < shortMs) short++;
      return before < many && short >= many;
    },

    /** Whether somebody else seems to have our identity. */
    on: (): boolean => short >= many && now() - openedAt < longMs,

    /** Whether it is that one who has the line when we have none. */
    won: (): boolean => short >= many,

    /** How long to wait before the next line, ms. */
    pause: (): number => (short >= many ? pauseMs.least + random() * pauseMs.more : 0),
  };
};
