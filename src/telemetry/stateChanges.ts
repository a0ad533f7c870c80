import type { EventName } from './events.ts';

type StateEvent = Extract<EventName, `${string}.stateChanged` | 'session.unresponsive'>;

interface MachineReports {
  /** Reported when an actor of the machine enters another state; its level in the table decides whether it is. */
  event: StateEvent;
  /** States, with those below them, that are reported as an event of their own. */
  own?: Record<string, StateEvent>;
  /** Other events follow from these: they are reported whatever level is logged. */
  heard?: true;
  /** Fields of the event, and where the context has them. Nothing else of a context is read. */
  fields: Record<string, string>;
}

/** By id of the machine: what the state logger reports. A machine that is not here is not reported. */
export const stateChanges: Record<string, MachineReports> = {
  daemon: { event: 'daemon.stateChanged', heard: true, fields: { trouble: 'trouble' } },
  session: {
    event: 'session.stateChanged',
    heard: true,
    own: { 'online.connected.unresponsive': 'session.unresponsive' },
    fields: { trouble: 'trouble' },
  },
  monitor: { event: 'monitor.stateChanged', heard: true, fields: { trouble: 'trouble' } },
  fleetManager: { event: 'fleet.stateChanged', fields: {} },
  cohort: { event: 'cohort.stateChanged', fields: { cohort: 'cohortId' } },
  launch: {
    event: 'launch.stateChanged',
    fields: { launch: 'order.label', groups: 'groupIds', trouble: 'lastFailure.reason' },
  },
  workerGroup: {
    event: 'group.stateChanged',
    heard: true,
    fields: {
      ...{ group: 'groupId', task: 'taskArn', why: 'stopReason' },
      ...{ cause: 'cause', detail: 'detail' },
    },
  },
};
