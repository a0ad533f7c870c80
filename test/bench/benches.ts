import type { Bench } from './bench.ts';
import { inspector } from './benches/inspector.ts';
import { register } from './benches/register.ts';
import { start } from './benches/start.ts';

/** All benches, in the order of the table. */
export const benches: readonly Bench[] = [start, register, inspector];
