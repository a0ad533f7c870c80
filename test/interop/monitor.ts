import type { ProcessHandle } from './processes.ts';
import type { ScenarioContext } from './scenarioContext.ts';
import { networkBackend, type Scheduler } from './scheduler.ts';

const monitorProgram = new URL('monitor.py', import.meta.url).pathname;

interface WorkerMessage {
  kind: 'worker';
  id: string;
  state: string;
  capabilities: Record<string, string>;
}

interface SchedulerMessage {
  kind: 'scheduler';
  workers: string[];
  managers: Record<string, string[]>;
  identities: Record<string, string>;
  unheard: number[];
}

/** What a scheduler has published since the subscription. */
export interface Monitor {
  process: ProcessHandle;
  /** Every worker id so far, with its registered capabilities (null: not published). */
  workers: Map<string, Record<string, string> | null>;
  /** Worker ids by manager id. */
  managers: Map<string, Set<string>>;
  /** The last transport identity of each manager, by manager id. */
  identities: Map<string, string>;
  /** Connected worker ids, from the last scheduler state. */
  connected: string[];
  /** The longest that the scheduler has not heard a manager, in whole seconds, as it says; -1: it has not said. */
  longestUnheard: number;
  /** Managers of the last scheduler state. */
  registered: string[];
  /** How often a manager has gone from the scheduler's state. */
  dropped: number;
  /** Number of scheduler states received. */
  states: number;
}

let monitors = 0;

export async function startMonitor(
  context: ScenarioContext,
  scheduler: Scheduler,
): Promise<Monitor> {
  const monitor: Omit<Monitor, 'process'> = {
    workers: new Map(),
    managers: new Map(),
    identities: new Map(),
    connected: [],
    longestUnheard: -1,
    registered: [],
    dropped: 0,
    states: 0,
  };
  const process = context.processes.start({
    name: `monitor-${++monitors}`,
    command: context.venv.python,
    args: [monitorProgram, scheduler.monitorAddress],
    cwd: await context.subdirectory('monitor'),
    env: networkBackend(context),
    onLine: (line) => onMessage(running, JSON.parse(line)),
  });
  const running: Monitor = Object.assign(monitor, { process });
  await context.waitFor(
    'the monitor stream publishes a scheduler state',
    20_000,
    () => running.states > 0,
    [process],
  );
  return running;
}

function onMessage(monitor: Monitor, message: WorkerMessage | SchedulerMessage): void {
  if (message.kind === 'worker') {
    if (message.state === 'connected') monitor.workers.set(message.id, message.capabilities);
    return;
  }
  monitor.states++;
  monitor.connected = message.workers;
  for (const id of message.workers) if (!monitor.workers.has(id)) monitor.workers.set(id, null);
  for (const [manager, ids] of Object.entries(message.managers)) {
    const known = monitor.managers.get(manager) ?? new Set();
    for (const id of ids) known.add(id);
    monitor.managers.set(manager, known);
  }
  const registered = Object.keys(message.identities);
  monitor.dropped += monitor.registered.filter((id) => !registered.includes(id)).length;
  monitor.registered = registered;
  monitor.longestUnheard = Math.max(monitor.longestUnheard, ...message.unheard);
  for (const [manager, identity] of Object.entries(message.identities))
    monitor.identities.set(manager, identity);
}
