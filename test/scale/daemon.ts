import { join } from 'node:path';
import { pino } from 'pino';
import { loadConfig } from '../../src/config/load.ts';
import { runDaemon } from '../../src/daemon/main.ts';
import { listenToSignals } from '../../src/daemon/signals.ts';
import type { EventName } from '../../src/telemetry/events.ts';
import { createLog, type Log } from '../../src/telemetry/log.ts';
import { epochMs } from './child.ts';

/**
 * The real daemon, started with the words of `scaler-ecs run`, in a process that can be asked about its memory and
 * its event loop. The last word is a folder for its state and its log.
 */
export type DaemonOrder = 'measure' | 'report';
export interface Report {
  /** After a garbage collection, bytes. */
  heap: number;
  /** The longest that the event loop was late since the last report, ms. */
  loopDelayMs: number;
  /** The same without what the process only waited for a processor: what it did itself, ms. */
  ownDelayMs: number;
}
export type DaemonNews =
  | { event: 'surveyed' }
  | { event: 'wanted'; tasks: number; at: number }
  | { event: 'groups'; state: string; count: number; at: number }
  | { event: 'report'; report: Report };

/** Each time another hundred is full, the hundreds are reported, and every size somebody waits for is so many. */
const step = 100;
const samplesEveryMs = 2;

const say = (news: DaemonNews) => process.send?.(news);
const words = process.argv.slice(2, -1);
const folder = process.argv.at(-1) as string;
const reached = new Map<string, number>();

const count = (state: string, more: number): void => {
  const before = reached.get(state) ?? 0;
  const now = before + more;
  reached.set(state, now);
  if (Math.floor(now / step) > Math.floor(before / step))
    say({ event: 'groups', state, count: now - (now % step), at: epochMs() });
};

const overhear = (fields: Record<string, unknown>, text: EventName): void => {
  if (text === 'inventory.completed') say({ event: 'surveyed' });
  if (text === 'demand.changed')
    say({ event: 'wanted', tasks: Number(fields.tasks), at: epochMs() });
  if (text === 'group.stateChanged') count(String(fields.state), 1);
  // A launch is spawned after its groups, and names them.
  if (text === 'launch.stateChanged' && fields.state === 'intending')
    count('requested', (fields.groups as string[]).length);
};

const written = createLog(
  'INFO',
  pino.destination({ dest: join(folder, 'daemon.log'), sync: false }),
);
const log: Log = {
  report(name, fields) {
    written.report(name, fields);
    overhear(fields as Record<string, unknown>, name);
  },
};

let longest: { loopDelayMs: number; ownDelayMs: number } | null = null;
const spent = () => {
  const { user, system } = process.cpuUsage();
  return { at: performance.now(), cpuMs: (user + system) / 1000 };
};
let last = spent();
setInterval(() => {
  const { at, cpuMs } = spent();
  const loopDelayMs = Math.max(0, at - last.at - samplesEveryMs);
  const ownDelayMs = Math.min(loopDelayMs, cpuMs - last.cpuMs);
  last = { at, cpuMs };
  if (!longest) return;
  longest.loopDelayMs = Math.max(longest.loopDelayMs, loopDelayMs);
  longest.ownDelayMs = Math.max(longest.ownDelayMs, ownDelayMs);
}, samplesEveryMs);

process.on('message', (order: DaemonOrder) => {
  // Kept from the collection, which would count as a delay that no daemon has asked for.
  const delays = longest ?? { loopDelayMs: 0, ownDelayMs: 0 };
  longest = null;
  globalThis.gc?.();
  say({ event: 'report', report: { heap: process.memoryUsage().heapUsed, ...delays } });
  // Begins after the next sample, which still has the collection in it.
  if (order === 'measure')
    setTimeout(() => {
      longest = { loopDelayMs: 0, ownDelayMs: 0 };
    }, 5 * samplesEveryMs);
});
process.on('disconnect', () => process.exit());

const [config] = loadConfig({
  argv: ['run', ...words, '--state-dir', join(folder, 'state')],
  env: process.env,
});
if (!config) throw new Error('no configuration');
process.exit(await runDaemon(config, log, listenToSignals(() => {}).onStop));
