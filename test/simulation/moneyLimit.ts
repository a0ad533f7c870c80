import { createRandom, type Random } from './random.ts';
import { releaseNamed } from './scheduler/releases.ts';

/** A limit of money as a seed draws it. */
export interface SimulatedLimit {
  limit: 'perHour' | 'total';
  /** Tasks that run at once, or minutes of one task. */
  tasks: number;
  onLimit: 'hold' | 'drain';
}

/** Of a scheduler that asks for tasks one by one the end would be another: it asks again and again. */
export function drawLimit(seed: number, releasesUsed: readonly string[]): SimulatedLimit | null {
  const random: Random = createRandom(seed, 'money');
  const isByNumber = releasesUsed.every((release) =>
    ['g3', 'g4'].includes(releaseNamed(release).generation),
  );
  if (!isByNumber || !random.chance(0.6)) return null;
  const limit = random.pick(['perHour', 'total'] as const);
  return {
    limit,
    tasks: limit === 'perHour' ? random.int(1, 12) : random.pick([4, 8, 20, 60, 150]),
    onLimit: random.pick(['hold', 'drain'] as const),
  };
}
