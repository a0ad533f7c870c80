import type { Generation } from '../../machines/scheduler/messages.ts';
import type { Judgements } from './judgements.ts';
import type { Power } from './powers.ts';
import { releaseNamed } from './scheduler/releases.ts';
import type { Script } from './script.ts';
import { kindsIn } from './swarm.ts';
import type { Violation } from './watched.ts';
import { powersOf } from './wide.ts';

export interface Run {
  /** Of the scheduler that was there at first. */
  generation: Generation;
  violations: Violation[];
  /** Empty unless it was asked for. */
  trace: string[];
  events: number;
  faults: number;
  restarts: number;
  /** How often a fault met something in that state: `generation|state|fault`. */
  met: Map<string, number>;
  /** From the last fault to calm, ms; null: never. */
  calmAfter: number | null;
  /** Tasks that the daemon's launches started. */
  bought: number;
  /** The journal's size at the last kill. */
  journalBytes: number;
  virtualMs: number;
  /** What of the wide profile it had. */
  powers: Set<Power>;
  /** How often each rule was judged, and how often it was excused. */
  judgements: Judgements;
  /** Kinds of faults that its script has, and those that were switched off. */
  kinds: readonly string[];
  absent: readonly string[];
  /** Of all that happened, in order. */
  traceHash: string;
}

/** Nothing has happened yet. */
export const newRun = (script: Script): Run => ({
  generation: releaseNamed(script.settings.scheduler.release).generation,
  violations: [],
  trace: [],
  events: 0,
  faults: 0,
  restarts: 0,
  met: new Map(),
  calmAfter: null,
  bought: 0,
  journalBytes: 0,
  virtualMs: 0,
  powers: new Set(powersOf(script)),
  judgements: {},
  kinds: kindsIn(script),
  absent: script.absent ?? [],
  traceHash: '',
});
