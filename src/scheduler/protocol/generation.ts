/**
 * The protocol's generations in the order of the scheduler's releases. g1 starts and stops groups of workers,
 * g1b only added the manager's id to the heartbeat; g2 starts and stops workers; g23 does that and names desired
 * counts; g3 only names desired counts; g4 is g3 under other variant numbers.
 */
export type Generation = 'g1' | 'g1b' | 'g2' | 'g23' | 'g3' | 'g4';
export const GENERATIONS: readonly Generation[] = ['g1', 'g1b', 'g2', 'g23', 'g3', 'g4'];
