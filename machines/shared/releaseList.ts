import type { Generation } from '../scheduler/messages.ts';

/**
 * What is known of the releases of Scaler. It says which release is installed where the settings leave that open, and
 * what older releases need. A release that is newer than all of these is taken for one like the newest: it needs no
 * line here for its workers to start.
 */

/** When the package index was last read. */
export const listedOn = '2026-11-26';

/** What the package index has, the newest first. */
export const published: readonly string[] = (
  '2.9.0 2.8.0 2.7.0 2.6.0 2.5.5 2.5.0 2.4.6 2.4.5 2.4.3 2.4.2 2.4.0 2.3.5 2.3.3 2.3.1 2.3.0 2.2.0 2.1.10 2.1.8 ' +
  '2.1.7 2.1.6 2.1.5 2.1.4 2.1.2 2.0.20 2.0.19 2.0.16 2.0.14 2.0.12 2.0.9 2.0.7 2.0.4 2.0.2 2.0.1 2.0.0 1.27.2 ' +
  '1.27.1 1.26.6 1.26.4 1.26.3 1.26.2 1.26.1 1.26.0 1.24.6 1.24.0 1.15.0'
).split(' ');

export const newestRelease = published[0] as string;

/** The first release of each generation, and the last one that we know; the newest generation first, and open above. */
export const spans: Record<Generation, { first: string; last: string }> = {
  g4: { first: '2.7.0', last: newestRelease },
  g3: { first: '2.3.4', last: '2.6.0' },
  g23: { first: '2.1.0', last: '2.3.3' },
  g2: { first: '1.21.0', last: '2.0.20' },
  g1b: { first: '1.19.0', last: '1.20.1' },
  g1: { first: '0', last: '1.15.0' },
};

/** YMQ had no magic before. */
export const firstWithMagic = '2.0.2';
export const newestBare = '2.0.1';
