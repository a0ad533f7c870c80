import type { Bench } from './bench.ts';
import { emulator } from './benches/emulator.ts';
import { footprint } from './benches/footprint.ts';
import { inspector } from './benches/inspector.ts';
import { large } from './benches/large.ts';
import { launchFree, launchQuota, launchWhole, scale } from './benches/launch.ts';
import { react } from './benches/react.ts';
import { register } from './benches/register.ts';
import { shrink } from './benches/shrink.ts';
import { start } from './benches/start.ts';
import { witness } from './benches/witness.ts';

/** All benches, in the order of the table. */
export const benches: readonly Bench[] = [
  emulator,
  launchFree,
  launchWhole,
  launchQuota,
  witness,
  large,
  register,
  react,
  start,
  shrink,
  footprint,
  scale,
  inspector,
];
