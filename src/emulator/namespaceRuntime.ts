import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import {
  type Container,
  type ContainerRuntime,
  type ContainerSpec,
  exitCodeOf,
} from './containerRuntime.ts';

/**
 * Every container has its own PID namespace, which a process cannot leave, not even with setsid.
 *
 *   setpriv --pdeathsig KILL   is killed when the emulator ends, also by SIGKILL
 *   unshare --kill-child       creates the namespace; its init is killed when unshare ends
 *   sh (PID 1)                 minimal init: waits for the container's command and returns its exit code
 *   the command                has the default action for SIGTERM, as under `docker run --init`
 *
 * When PID 1 ends, the kernel kills every other process of the namespace. Without the init, the command itself would be
 * PID 1 and ignore every signal that it has no handler for.
 *
 * The init writes to descriptor 3 and waits for an answer. An emulator that ended before both parent-death signals were
 * set does not answer, so no command starts that could outlive it.
 */
const initScript = 'echo >&3; read -r go <&3 || exit 143; "$@" 3>&-; exit $?';

/** Options for unshare, in the order of preference; the second works without root. */
const unshareOptions = [
  ['--pid', '--fork', '--kill-child', '--mount-proc'],
  ['--user', '--map-current-user', '--pid', '--fork', '--kill-child', '--mount-proc'],
];

const binFolders = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'];
const findTool = (tool: string): string | undefined =>
  binFolders.map((home) => `${home}/${tool}`).find((path) => existsSync(path));

/** A container runtime with PID namespaces, after a successful test run; null where they are not available. */
export async function namespaceRuntime(): Promise<ContainerRuntime | null> {
  const setpriv = findTool('setpriv');
  const unshare = findTool('unshare');
  if (process.platform !== 'linux' || !setpriv || !unshare) return null;
  for (const options of unshareOptions) {
    const namespace = [setpriv, '--pdeathsig', 'KILL', unshare, ...options];
    const runtime = runtimeWithPrefix([...namespace, '/bin/sh', '-c', initScript, 'init']);
    const works = await new Promise<boolean>((resolve) => {
      const container = runtime.start({
        argv: ['/bin/sh', '-c', 'kill -TERM $$'],
        env: { PATH: binFolders.join(':') },
        cwd: '/',
        output: null,
        onEnd: (code) => resolve(code === 143),
      });
      setTimeout(() => container.kill(), 5_000).unref();
    });
    if (works && childrenOf(process.pid) !== null) return runtime;
  }
  return null;
}

function runtimeWithPrefix(prefix: string[]): ContainerRuntime {
  const running = new Set<Container>();
  return {
    kind: 'namespaces',
    start(spec) {
      const container = startContainer(prefix, spec, () => running.delete(container));
      running.add(container);
      return container;
    },
    async close() {
      for (const container of running) container.kill();
      await Promise.all([...running].map(({ ended }) => ended));
    },
  };
}

function startContainer(prefix: string[], spec: ContainerSpec, onEnded: () => void): Container {
  const output = spec.output ?? 'ignore';
  const unshareProcess = spawn(prefix[0]!, [...prefix.slice(1), ...spec.argv], {
    detached: true,
    cwd: spec.cwd,
    env: spec.env,
    stdio: ['ignore', output, output, 'pipe'],
  });
  const initChannel = unshareProcess.stdio[3] as Duplex | undefined;
  let phase: 'starting' | 'running' | 'ended' = 'starting';
  let killed = false;
  initChannel?.on('error', () => {});
  initChannel?.once('data', () => {
    if (phase !== 'starting' || initChannel.destroyed) return;
    phase = 'running';
    initChannel.end('go\n');
  });
  const ended = new Promise<void>((resolve) => {
    const end = (code: number) => {
      if (phase === 'ended') return;
      phase = 'ended';
      initChannel?.destroy();
      onEnded();
      spec.onEnd(code);
      resolve();
    };
    // The process could not be created: no memory or no file descriptors.
    unshareProcess.on('error', () => unshareProcess.pid === undefined && end(128));
    // Old versions of unshare end with status 1 when their child was killed.
    unshareProcess.on('exit', (code, signal) => end(killed ? 137 : exitCodeOf(code, signal)));
  });
  const initPid = () => firstChild(unshareProcess.pid);
  return {
    ended,
    terminate() {
      if (phase === 'starting') initChannel?.destroy();
      if (phase !== 'running') return;
      const main = firstChild(initPid());
      // The init has been answered but has not yet started the command.
      if (main === undefined) setTimeout(() => this.terminate(), 20);
      else signal(main, 'SIGTERM');
    },
    kill() {
      killed = true;
      if (phase === 'starting') initChannel?.destroy();
      // A stopped unshare would never notice that its child has ended.
      if (phase !== 'ended' && unshareProcess.pid) signal(-unshareProcess.pid, 'SIGCONT');
      // Kill the init, not its parent: the parent then ends after the kernel has killed every process of the namespace.
      if (phase === 'running') signal(initPid(), 'SIGKILL');
    },
  };
}

function signal(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, name);
  } catch {
    // The process has already ended.
  }
}

/** Process ids of the children; null for a kernel without CONFIG_PROC_CHILDREN. */
function childrenOf(pid: number): number[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return text === '' ? [] : text.split(' ').map(Number);
  } catch {
    return null;
  }
}

const firstChild = (pid: number | undefined): number | undefined =>
  pid === undefined ? undefined : childrenOf(pid)?.[0];
