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
 * Every container is a PID namespace of its own, so that not even setsid leads out of it.
 *
 *   setpriv --pdeathsig KILL   dies with the emulator, also by kill -9
 *   unshare --kill-child       makes the namespace; its init dies with it
 *   sh (PID 1)                 a small init: waits for the container's command and passes its exit code on
 *   the command                gets SIGTERM with the default action, as under `docker run --init`
 *
 * When PID 1 ends, the kernel kills whatever is left. Without an init between, the command itself would be PID 1
 * and ignore every signal it has no handler for.
 *
 * The init reports over descriptor 3 and waits for an answer: an emulator that died before both death signals were
 * armed does not give one, so no command starts that could outlive it.
 */
const initScript = 'echo >&3; read -r go <&3 || exit 143; "$@" 3>&-; exit $?';

/** From the most to the least we could ask for; the second is for users without root. */
const unshareOptions = [
  ['--pid', '--fork', '--kill-child', '--mount-proc'],
  ['--user', '--map-current-user', '--pid', '--fork', '--kill-child', '--mount-proc'],
];

const binFolders = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'];
const findTool = (tool: string): string | undefined =>
  binFolders.map((home) => `${home}/${tool}`).find((path) => existsSync(path));

/** A namespace jail that was seen to work, or null. */
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

function startContainer(prefix: string[], spec: ContainerSpec, onGone: () => void): Container {
  const output = spec.output ?? 'ignore';
  const unshareProcess = spawn(prefix[0]!, [...prefix.slice(1), ...spec.argv], {
    detached: true,
    cwd: spec.cwd,
    env: spec.env,
    stdio: ['ignore', output, output, 'pipe'],
  });
  const initChannel = unshareProcess.stdio[3] as Duplex | undefined;
  let phase: 'starting' | 'running' | 'gone' = 'starting';
  let killed = false;
  initChannel?.on('error', () => {});
  initChannel?.once('data', () => {
    if (phase !== 'starting' || initChannel.destroyed) return;
    phase = 'running';
    initChannel.end('go\n');
  });
  const ended = new Promise<void>((resolve) => {
    const end = (code: number) => {
      if (phase === 'gone') return;
      phase = 'gone';
      initChannel?.destroy();
      onGone();
      spec.onEnd(code);
      resolve();
    };
    // No process at all, for want of memory or file descriptors.
    unshareProcess.on('error', () => unshareProcess.pid === undefined && end(128));
    // unshare itself ends with 1 when its child was killed, at least where it is old.
    unshareProcess.on('exit', (code, signal) => end(killed ? 137 : exitCodeOf(code, signal)));
  });
  const initPid = () => firstChild(unshareProcess.pid);
  return {
    ended,
    terminate() {
      if (phase === 'starting') initChannel?.destroy();
      if (phase !== 'running') return;
      const main = firstChild(initPid());
      // Just told to go and not there yet.
      if (main === undefined) setTimeout(() => this.terminate(), 20);
      else signal(main, 'SIGTERM');
    },
    kill() {
      killed = true;
      if (phase === 'starting') initChannel?.destroy();
      // The init rather than its parent: the parent then ends only after the kernel has emptied the namespace.
      if (phase === 'running') signal(initPid(), 'SIGKILL');
    },
  };
}

function signal(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, name);
  } catch {
    // It has just ended by itself.
  }
}

/** Needs a kernel that keeps this file (nearly all do). */
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
