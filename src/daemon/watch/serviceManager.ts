import { execFile } from 'node:child_process';
import { readinessTroubles } from '../../../machines/fleet/health.ts';
import { now } from '../../shared/clock.ts';
import { errorText } from '../../shared/errorText.ts';
import type { Log } from '../../telemetry/log.ts';
import type { ManagerFacts } from './managerFacts.ts';
import type { ManagerView, ManagerWatch } from './managerWatch.ts';

type Environment = Record<string, string | undefined>;

/** Sends assignments such as READY=1 to the service manager; rejects when they could not be sent. */
export type Notify = (assignments: readonly string[]) => Promise<void>;

export interface ServiceNotifications {
  of(manager: string, log: Log): ManagerWatch;
  stopping(): void;
  close(): Promise<void>;
}

const lookEveryMs = 1000;
/** STATUS changes at most that often, ms: each notification starts a program. */
const statusEveryMs = 5000;
const programLimitMs = 10_000;

/** Node.js has no datagram sockets of the Unix domain: systemd's own program sends for us. */
export function systemdNotify(env: Environment): Notify {
  const { NOTIFY_SOCKET, PATH } = env;
  return (assignments) =>
    new Promise((resolve, reject) => {
      const options = { env: { NOTIFY_SOCKET, PATH }, timeout: programLimitMs };
      execFile('systemd-notify', [...assignments], options, (error, _, words) => {
        if (error === null) resolve();
        else reject(new Error(words.trim() || error.message));
      });
    });
}

/** How often the service manager wants to hear of us, ms; null: it does not watch this process. */
export function watchdogMs(
  { WATCHDOG_USEC, WATCHDOG_PID }: Environment,
  pid: number,
): number | null {
  const usec = Number(WATCHDOG_USEC);
  if (!(usec > 0) || (WATCHDOG_PID && Number(WATCHDOG_PID) !== pid)) return null;
  return usec / 1000;
}

/**
 * Tells systemd that all managers run (READY), what they are at (STATUS), that their control loops tick (WATCHDOG)
 * and that they stop (STOPPING).
 */
export function notifyServiceManager(
  env: Environment,
  send: Notify = systemdNotify(env),
): ServiceNotifications {
  const views = new Map<string, ManagerView>();
  /** Managers that have not started yet. */
  const awaited = new Set<string>();
  const logs: Log[] = [];
  const limitMs = watchdogMs(env, process.pid);
  /** By manager, the last tick that was passed on as a sign of life. */
  const ticks = new Map<string, number>();
  let isReady = false;
  let isStopping = false;
  let isFailing = false;
  let fedAt = now();
  let status = '';
  let statusAt = Number.NEGATIVE_INFINITY;
  let sending: Promise<void> = Promise.resolve();

  function notify(assignments: readonly string[]): void {
    sending = sending
      .then(() => send(assignments))
      .then(
        () => {
          isFailing = false;
        },
        (error: unknown) => {
          if (!isFailing)
            for (const log of logs.slice(0, 1))
              log.report('serviceManager.notReached', { reason: errorText(error) });
          isFailing = true;
        },
      );
  }

  function sayStopping(): void {
    if (isStopping) return;
    isStopping = true;
    notify(['STOPPING=1', 'STATUS=stopping']);
  }

  /** Every control loop has ticked since the sign of life before. */
  function haveTicked(facts: readonly [string, ManagerFacts][]): boolean {
    return facts.every(([manager, { fleet }]) => fleet.now > (ticks.get(manager) ?? 0));
  }

  function look(): void {
    const facts = [...views].flatMap(([manager, view]): [string, ManagerFacts][] => {
      const found = view.facts();
      return found ? [[manager, found]] : [];
    });
    const assignments: string[] = [];
    if (!isReady && awaited.size === 0 && facts.length > 0) {
      isReady = true;
      assignments.push('READY=1');
    }
    if (limitMs !== null && now() - fedAt >= limitMs / 3 && haveTicked(facts)) {
      fedAt = now();
      for (const [manager, { fleet }] of facts) ticks.set(manager, fleet.now);
      assignments.push('WATCHDOG=1');
    }
    const words = facts.map(([manager, each]) => statusOf(manager, each, now())).join('; ');
    const isDue = now() - statusAt >= statusEveryMs || assignments.includes('READY=1');
    if (words !== status && isDue && isReady && !isStopping) {
      status = words;
      statusAt = now();
      assignments.push(`STATUS=${words}`);
    }
    if (assignments.length > 0) notify(assignments);
    if (facts.length > 0 && facts.every(([, { modes }]) => isEnding(modes.lifecycle)))
      sayStopping();
  }

  const timer = setInterval(look, lookEveryMs);
  timer.unref();
  return {
    of(manager, log) {
      logs.push(log);
      awaited.add(manager);
      return {
        log: null,
        started(view) {
          awaited.delete(manager);
          views.set(manager, view);
          look();
        },
        ended() {
          awaited.delete(manager);
          views.delete(manager);
        },
      };
    },
    stopping: sayStopping,
    async close() {
      clearInterval(timer);
      sayStopping();
      await sending;
    },
  };
}

const isEnding = (lifecycle: string): boolean =>
  lifecycle === 'stopping' || lifecycle === 'stopped';

/** One manager in a few words, on one line, without times: they would change it at each look. */
export function statusOf(manager: string, facts: ManagerFacts, at: number): string {
  const { groups, fleet } = facts;
  const [trouble] = readinessTroubles(facts, at);
  const starting = groups.requested + groups.provisioning;
  const leaving = groups.waiting + groups.held + groups.stopping;
  const numbers = `${groups.running} running, ${starting} starting, ${leaving} draining, ${fleet.desired ?? 'unknown'} desired`;
  return `${manager}: ${trouble === undefined ? 'ready' : trouble.split(':')[0]}; ${numbers}`.replaceAll(
    /\s+/g,
    ' ',
  );
}
