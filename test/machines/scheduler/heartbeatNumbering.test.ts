import { expect, it } from 'vitest';
import {
  nextHeartbeat,
  settle,
  unsettled,
} from '../../../machines/scheduler/heartbeatNumbering.ts';

it('tries the older numbering first, the newer one after two heartbeats without an echo, and back', () => {
  let numbering = unsettled;
  const next = () => {
    const [generation, after] = nextHeartbeat(numbering);
    numbering = after;
    return generation;
  };
  expect(Array.from({ length: 8 }, next)).toEqual([
    ...['g3', 'g3', 'g4', 'g4'],
    ...['g3', 'g3', 'g4', 'g4'],
  ]);
  numbering = settle(numbering, 'g4');
  expect([next(), next(), next()]).toEqual(['g4', 'g4', 'g4']);
});
