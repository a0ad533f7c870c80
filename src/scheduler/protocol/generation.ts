/**
 * The generations of the protocol, in the order of Scaler's releases. g1: commands start and stop groups of workers.
 * g1b: g1 with the manager's id in the heartbeat. g2: commands start and stop workers. g23: g2 with commands that set
 * desired worker counts. g3: only desired counts. g4: g3 with other variant numbers.
 */
export type Generation = 'g1' | 'g1b' | 'g2' | 'g23' | 'g3' | 'g4';
export const GENERATIONS: readonly Generation[] = ['g1', 'g1b', 'g2', 'g23', 'g3', 'g4'];
