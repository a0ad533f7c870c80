import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import {
  type Container,
  type ContainerRuntime,
  type ContainerSpec,
  exitCodeOf,
} from './containerRuntime.ts';

/** Environment variable that identifies every process of a container, including those that left its process group. */
const metadataVariable = 'ECS_CONTAINER_METADATA_URI_V4';

/**
 * Reads `+pgid` and `-pgid` lines. When the emulator ends, also by SIGKILL, the script reads end of file; it then kills
 * the remaining process groups and every process whose environment holds the metadata URI of this emulator.
 */
const watchdogScript = `
groups=' '
while read -r line; do
  case $line in
    +*) groups="$groups\${line#+} " ;;
    -*) group=\${line#-}; case $groups in *" $group "*) groups="\${groups%%" $group "*} \${groups#*" $group "}" ;; esac ;;
    =*) mark=\${line#=} ;;
  esac
done
for group in $groups; do kill -KILL -- "-$group" 2>/dev/null; done
[ -n "$mark" ] && [ -d /proc/self ] || exit 0
for file in $(grep -l -- "$mark" /proc/[0-9]*/environ 2>/dev/null); do
  pid=\${file#/proc/}; kill -KILL "\${pid%/environ}" 2>/dev/null
done
`;

/** Runs containers as process groups, for systems without PID namespaces. */
export function processGroupRuntime(): ContainerRuntime {
  const running = new Set<Container>();
  let watchdog: ChildProcess | null = null;
  const send = (line: string) => watchdog?.stdin?.write(`${line}\n`);
  const startWatchdog = (uri: string | undefined) => {
    if (watchdog) return;
    watchdog = spawn('/bin/sh', ['-c', watchdogScript], {
      detached: true,
      env: { PATH: '/usr/bin:/bin' },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    watchdog.on('error', () => {});
    watchdog.stdin?.on('error', () => {});
    watchdog.unref();
    // The URI up to the task's id is the same for all tasks of this emulator.
    if (uri) send(`=${metadataVariable}=${uri.slice(0, uri.lastIndexOf('/') + 1)}`);
  };
  return {
    kind: 'groups',
    start(spec) {
      startWatchdog(spec.env[metadataVariable]);
      const container = startContainer(spec, send, () => running.delete(container));
      running.add(container);
      return container;
    },
    async close() {
      for (const container of running) container.kill();
      await Promise.all([...running].map(({ ended }) => ended));
      watchdog?.stdin?.end();
    },
  };
}

function startContainer(
  spec: ContainerSpec,
  sendToWatchdog: (line: string) => void,
  onEnded: () => void,
): Container {
  const output = spec.output ?? 'ignore';
  const main = spawn(spec.argv[0]!, spec.argv.slice(1), {
    detached: true,
    cwd: spec.cwd,
    env: spec.env,
    stdio: ['ignore', output, output],
  });
  if (main.pid) sendToWatchdog(`+${main.pid}`);
  let hasEnded = false;
  const kill = () => {
    signal(main.pid && -main.pid, 'SIGKILL');
    for (const pid of processesWithMetadataUri(spec.env[metadataVariable])) signal(pid, 'SIGKILL');
  };
  const ended = new Promise<void>((resolve) => {
    const end = (code: number) => {
      if (hasEnded) return;
      hasEnded = true;
      kill();
      if (main.pid) sendToWatchdog(`-${main.pid}`);
      onEnded();
      spec.onEnd(code);
      resolve();
    };
    main.on('error', () => main.pid === undefined && end(127));
    main.on('exit', (code, signal) => end(exitCodeOf(code, signal)));
  });
  return {
    ended,
    terminate: () => {
      if (!hasEnded) signal(main.pid, 'SIGTERM');
    },
    kill: () => {
      if (!hasEnded) kill();
    },
  };
}

function signal(pid: number | undefined, name: NodeJS.Signals): void {
  if (!pid) return;
  try {
    process.kill(pid, name);
  } catch {
    // The process has already ended.
  }
}

/** Process ids of one container, including those outside its process group. Empty except on Linux. */
function processesWithMetadataUri(uri: string | undefined): number[] {
  if (process.platform !== 'linux' || !uri) return [];
  const variable = `${metadataVariable}=${uri}`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && environmentOfProcess(name).includes(variable))
    .map(Number);
}

function environmentOfProcess(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}
