import type { Fleet } from './state.ts';

/**
 * Of what was last shown as idle, some may be at work by now. And a group that was drained as idle may wait all the same:
 * then two would take turns for ever, so groups are swapped once a tick at most.
 */
export function mayNotSwap({ loadsAreOld, swappedAt, now }: Fleet): boolean {
  return loadsAreOld || swappedAt === now;
}
