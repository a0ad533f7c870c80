import { type DoneActorEvent, type ErrorActorEvent, setup } from 'xstate';
import { cohort } from '../cohort/cohort.ts';
import type { CohortEvent } from '../cohort/messages.ts';
import type { MonitorEvent } from '../scheduler/monitor.ts';
import type { SchedulerEvent } from '../scheduler/session.ts';
import type { Inventory } from '../shared/domain.ts';
import { effect, stream } from '../shared/effect.ts';
import { noteOf } from '../shared/failure.ts';
import type { Change } from './circuitBreaker.ts';
import { type Fleet, type FleetInput, inventoryDue, isEmpty } from './state.ts';

export type FleetEvent =
  | SchedulerEvent
  | MonitorEvent
  | CohortEvent
  | DoneActorEvent<unknown>
  | ErrorActorEvent
  | { type: 'tick'; now: number }
  | { type: 'fleet.prepared'; revision: string }
  | { type: 'fleet.restoreNext' }
  | { type: 'fleet.nextTurn' }
  | { type: 'fleet.stop' };

/** What the manager hears, runs and tells; its machine and its orders are written in terms of this. */
export const fleetSetup = setup({
  types: {} as { input: FleetInput; context: Fleet; events: FleetEvent },
  actors: {
    cohort,
    ticker: stream('ticker'),
    inventory: effect<Inventory>('inventory'),
  },
  guards: {
    inventoryDue: ({ context, event }) => event.type === 'tick' && inventoryDue(context, event.now),
    more: ({ context }) => context.owned.length + context.resend.length > 0,
    empty: ({ context }) => isEmpty(context),
    /** At once, unless launches were abandoned, whose tasks only a list can show: then after some two minutes. */
    deniedForGood: ({ context: { abandonedLaunches, inventoryFailures }, event }) =>
      'error' in event &&
      noteOf(event.error).kind === 'denied' &&
      (abandonedLaunches === 0 || inventoryFailures >= 6),
  },
  actions: {
    /** Launching is held back, tried with one, or held back no longer: people want to know. */
    noteBreaker: (_, _change: Change) => {},
    noteDesired: (_, _wanted: { tasks: number | null; why: string }) => {},
    /** Our workers could not serve this scheduler (or they can again): a person must act. */
    noteMismatch: (_, _mismatch: { reason: string | null }) => {},
    noteCapacity: (_, _offer: { workers: number | null }) => {},
    noteInventory: (_, _survey: { adopted: number } | { trouble: string; blind: boolean }) => {},
  },
});
