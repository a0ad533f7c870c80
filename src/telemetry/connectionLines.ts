import type { EventFields, EventName } from './events.ts';
import type { Log } from './log.ts';

/** The monitor stream may be missing for so long: it follows a scheduler that has just started, ms. */
const monitorGraceMs = 10_000;

/** What operators need to know of the two connections to the scheduler, from the states that their machines enter. */
export function createConnectionLines(log: Log, now: () => number) {
  let started: EventFields<'daemon.started'> | null = null;
  let terms: EventFields<'scheduler.identified'> | null = null;
  let isPrepared = false;
  let isLeaving = false;
  let scheduler: 'neverReady' | 'ready' | 'lost' = 'neverReady';
  let lostAt = 0;
  /** The connection was ended by this manager, which connects again soon. */
  let isPaused = false;
  let isReadySaid = false;
  /** When the monitor stream was first missing since it was last received. */
  let monitorMissingSince: number | null = null;

  function reportReady(): void {
    if (isReadySaid || !isPrepared || scheduler !== 'ready' || !started) return;
    isReadySaid = true;
    const { scheduler: address, cluster } = started;
    const known = terms && { releases: terms.generation, transport: terms.transport };
    log.report('daemon.ready', { scheduler: address, cluster, ...known });
  }

  function onReady(): void {
    if (scheduler === 'lost')
      log.report('scheduler.returned', { seconds: Math.round((now() - lostAt) / 1000) });
    scheduler = 'ready';
    reportReady();
  }

  function loseScheduler(): void {
    if (scheduler === 'ready') lostAt = now();
    scheduler = scheduler === 'neverReady' ? scheduler : 'lost';
  }

  function onSession({ state, trouble }: EventFields<'session.stateChanged'>): void {
    if (state !== 'backoff' || isLeaving) return;
    const wasPaused = isPaused;
    isPaused = false;
    if (wasPaused) return;
    const reason = trouble ?? 'the connection was closed';
    if (scheduler === 'ready') log.report('scheduler.lost', { reason });
    else if (scheduler === 'neverReady')
      log.report('scheduler.unreachable', { scheduler: started?.scheduler, reason });
    loseScheduler();
  }

  function onMonitor({ state, trouble }: EventFields<'monitor.stateChanged'>): void {
    if (state !== 'backoff' || isLeaving) return;
    monitorMissingSince ??= now();
    // Without the scheduler there is nothing to receive, and a line says so already.
    if (scheduler !== 'ready' || now() - monitorMissingSince < monitorGraceMs) return;
    log.report('monitor.missing', { reason: trouble ?? 'the connection was closed' });
  }

  return {
    on(name: EventName, fields: object): void {
      switch (name) {
        case 'daemon.started':
          started = fields as EventFields<typeof name>;
          return;
        case 'daemon.stateChanged': {
          const { state } = fields as EventFields<typeof name>;
          isLeaving ||= state === 'stopping' || state === 'disconnecting' || state === 'stopped';
          return;
        }
        case 'bootstrap.completed':
          isPrepared = true;
          reportReady();
          return;
        case 'scheduler.identified':
          terms = fields as EventFields<typeof name>;
          return;
        case 'scheduler.statusChanged':
          if ((fields as EventFields<typeof name>).status === 'ready') onReady();
          return;
        case 'session.pausedForReset':
          isPaused = true;
          return;
        case 'session.stateChanged':
          onSession(fields as EventFields<typeof name>);
          return;
        case 'session.unresponsive':
        case 'identity.contested':
          loseScheduler();
          return;
        case 'monitor.stateChanged':
          onMonitor(fields as EventFields<typeof name>);
          return;
        case 'monitor.received':
          monitorMissingSince = null;
      }
    },
  };
}
