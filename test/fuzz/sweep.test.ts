import { expect, it } from 'vitest';
import { vectors } from '../src/scheduler/protocol/vectors.ts';
import { sweep } from './sweep.ts';

/** Lengths and bits per vector; `npm run fuzz:wire` tries more. */
const sample = 60;

it.each(vectors)(
  'refuses $name when truncated, and with one inverted bit decodes it or throws a ProtocolFailure',
  ({ bytes, generation }) => {
    const { frames, acceptedCuts } = sweep(bytes, generation, sample);
    expect(frames).toBeGreaterThan(40);
    expect(acceptedCuts).toEqual([]);
  },
);
