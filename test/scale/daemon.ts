import { join } from 'node:path';
import { pino } from 'pino';
import { loadConfig } from '../../src/config/load.ts';
import { runDaemon } from '../../src/daemon/main.ts';
import { listenToSignals } from '../../src/daemon/signals.ts';
import type { EventName } from '../../src/telemetry/events.ts';
import { createLog, type Log } from '../../src/telemetry/log.ts';
import { epochMs } from '../bench/child.ts';

/**
 * The real daemon, with the arguments of `scaler-ecs run`, in a process that reports its memory and the delays of its
 * event loop. The last argument is a folder for its state and its log.
 */
export type DaemonRequest = 'measure' | 'report';
export interface Report {
  /** Used heap after a garbage collection, bytes. */
  heap: number;
  /** Longest delay of the event loop since the last `measure`, ms. */
  loopDelayMs: number;
  /** Longest such delay counting only CPU time of this process, not time waiting for a CPU, ms. */
  ownDelayMs: number;
}
export type DaemonEvent =
  | { event: 'surveyed' }
  | { event: 'wanted'; tasks: number; at: number }
  | { event: 'groups'; state: string; count: number; at: number }
  | { event: 'report'; report: Report };

/** Group counts are reported at multiples of this number; the awaited counts are multiples of it. */
const reportStep = 100;
const samplesEveryMs = 2;

const sendEvent = (event: DaemonEvent) => process.send?.(event);
const daemonArguments = process.argv.slice(2, -1);
const folder = process.argv.at(-1) as string;
const groupCounts = new Map<string, number>();

function countGroups(state: string): void {
  const before = groupCounts.get(state) ?? 0;
  const now = before + 1;
  groupCounts.set(state, now);
  if (Math.floor(now / reportStep) > Math.floor(before / reportStep))
    sendEvent({ event: 'groups', state, count: now - (now % reportStep), at: epochMs() });
}

function onLogLine(name: EventName, fields: Record<string, unknown>): void {
  if (name === 'inventory.completed') sendEvent({ event: 'surveyed' });
  if (name === 'demand.changed')
    sendEvent({ event: 'wanted', tasks: Number(fields.tasks), at: epochMs() });
  if (name === 'group.stateChanged') countGroups(String(fields.state));
}

const fileLog = createLog(
  'INFO',
  pino.destination({ dest: join(folder, 'daemon.log'), sync: false }),
);
const log: Log = {
  report(name, fields) {
    fileLog.report(name, fields);
    onLogLine(name, fields as Record<string, unknown>);
  },
};

let maxDelays: { loopDelayMs: number; ownDelayMs: number } | null = null;
function cpuUsage() {
  const { user, system } = process.cpuUsage();
  return { at: performance.now(), cpuMs: (user + system) / 1000 };
}
let lastSample = cpuUsage();
setInterval(() => {
  const { at, cpuMs } = cpuUsage();
  const loopDelayMs = Math.max(0, at - lastSample.at - samplesEveryMs);
  const ownDelayMs = Math.min(loopDelayMs, cpuMs - lastSample.cpuMs);
  lastSample = { at, cpuMs };
  if (!maxDelays) return;
  maxDelays.loopDelayMs = Math.max(maxDelays.loopDelayMs, loopDelayMs);
  maxDelays.ownDelayMs = Math.max(maxDelays.ownDelayMs, ownDelayMs);
}, samplesEveryMs);

process.on('message', (request: DaemonRequest) => {
  // Read before the garbage collection, which would count as a delay.
  const delays = maxDelays ?? { loopDelayMs: 0, ownDelayMs: 0 };
  maxDelays = null;
  globalThis.gc?.();
  sendEvent({ event: 'report', report: { heap: process.memoryUsage().heapUsed, ...delays } });
  // Measuring begins after the next sample, which still includes the garbage collection.
  if (request === 'measure')
    setTimeout(() => {
      maxDelays = { loopDelayMs: 0, ownDelayMs: 0 };
    }, 5 * samplesEveryMs);
});
process.on('disconnect', () => process.exit());

const [config] = loadConfig({
  argv: ['run', ...daemonArguments, '--state-dir', join(folder, 'state')],
  env: process.env,
});
if (!config) throw new Error('no configuration');
process.exit(await runDaemon(config, log, listenToSignals(() => {}).onStop));
