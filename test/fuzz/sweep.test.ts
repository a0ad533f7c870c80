import { expect, it } from 'vitest';
import { vectors } from '../src/scheduler/protocol/vectors.ts';
import { sweep } from './sweep.ts';

/** `npm run fuzz:wire` goes through all of them. */
const sample = 60;

it.each(vectors)(
  '$name cut short is refused, and with one wrong bit it is a message or a ProtocolFailure',
  ({ bytes, generation }) => {
    const { frames, acceptedCuts } = sweep(bytes, generation, sample);
    expect(frames).toBeGreaterThan(40);
    expect(acceptedCuts).toEqual([]);
  },
);
