import type { Bench } from './bench.ts';
import { inspector } from './benches/inspector.ts';
import { register } from './benches/register.ts';

/** All benches, in the order of the table. */
export const benches: readonly Bench[] = [register, inspector];
