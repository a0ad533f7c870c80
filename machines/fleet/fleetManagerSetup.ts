import { type DoneActorEvent, type ErrorActorEvent, setup } from 'xstate';
import { cohort } from '../cohort/cohort.ts';
import type { CohortReport } from '../cohort/messages.ts';
import type { MonitorEvent } from '../scheduler/monitor.ts';
import type { SchedulerEvent } from '../scheduler/session.ts';
import type { Survey } from '../shared/domain.ts';
import { effect } from '../shared/effect.ts';
import { noteOf } from '../shared/failure.ts';
import type { Change } from './circuitBreaker.ts';
import { type Fleet, isEmpty, type ManagerInput, surveyDue } from './state.ts';

export type ManagerEvent =
  | SchedulerEvent
  | MonitorEvent
  | CohortReport
  | DoneActorEvent<unknown>
  | ErrorActorEvent
  | { type: 'tick'; now: number }
  | { type: 'fleet.prepared'; revision: string }
  | { type: 'queue.next' }
  | { type: 'plan.again' }
  | { type: 'fleet.stop' };

/** What the manager hears, runs and tells; its machine and its orders are written in terms of this. */
export const managerSetup = setup({
  types: {} as { input: ManagerInput; context: Fleet; events: ManagerEvent },
  actors: {
    cohort,
    survey: effect<Survey>('survey'),
  },
  guards: {
    surveyDue: ({ context, event }) => event.type === 'tick' && surveyDue(context, event.now),
    more: ({ context }) => context.owned.length + context.resend.length > 0,
    empty: ({ context }) => isEmpty(context),
    /** At once, unless launches were abandoned, whose tasks only a list can show: then after some two minutes. */
    deniedForGood: ({ context: { abandoned, surveyFailures }, event }) =>
      'error' in event &&
      noteOf(event.error).kind === 'denied' &&
      (abandoned === 0 || surveyFailures >= 6),
  },
  actions: {
    /** Launching is held back, tried with one, or held back no longer: people want to know. */
    noteBreaker: (_, _change: Change) => {},
    noteWanted: (_, _wanted: { tasks: number | null; why: string }) => {},
    /** Our workers could not serve this scheduler (or they can again): a person must act. */
    noteMismatch: (_, _mismatch: { reason: string | null }) => {},
    noteOffer: (_, _offer: { workers: number | null }) => {},
    noteSurvey: (_, _survey: { adopted: number } | { trouble: string; blind: boolean }) => {},
  },
});
