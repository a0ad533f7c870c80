/** The states of the fleet manager's regions. */
export interface Modes {
  lifecycle: 'recovering' | 'active' | 'leaving' | 'stopping' | 'stopped';
  scheduler: 'absent' | 'present' | 'returning' | 'gone';
  demand: 'awaited' | 'byCount' | 'byStarts';
  inventory: 'idle' | 'listing' | 'searching' | 'adopting';
  monitor: 'unknown' | 'connected' | 'lost';
  hold: 'running' | 'held';
  money: 'within' | 'limited';
}

export const modeNames: { [Region in keyof Modes]: readonly Modes[Region][] } = {
  lifecycle: ['recovering', 'active', 'leaving', 'stopping', 'stopped'],
  scheduler: ['absent', 'present', 'returning', 'gone'],
  demand: ['awaited', 'byCount', 'byStarts'],
  inventory: ['idle', 'listing', 'searching', 'adopting'],
  monitor: ['unknown', 'connected', 'lost'],
  hold: ['running', 'held'],
  money: ['within', 'limited'],
};

/** `isIn`: whether a region is in a state. */
export function readModes(isIn: (region: keyof Modes, state: string) => boolean): Modes {
  const modes = Object.entries(modeNames).map(([region, states]) => [
    region,
    states.find((state) => isIn(region as keyof Modes, state)) ?? states[0],
  ]);
  return Object.fromEntries(modes) as Modes;
}

/** The modes in the value of a snapshot. */
export function modesOf(value: Record<string, unknown>): Modes {
  return readModes((region, state) => {
    const found = value[region];
    return found === state || (typeof found === 'object' && found !== null && state in found);
  });
}
