/** The protocol's generations; g1b and g2 to g3 in the order of the releases, g4 with the renumbered union. */
export type Generation = 'g1' | 'g1b' | 'g2' | 'g23' | 'g3' | 'g4';
