/** How to start one container. */
export interface ContainerSpec {
  argv: string[];
  /** The complete environment: nothing of the emulator's own environment is added. */
  env: Record<string, string>;
  cwd: string;
  /** File descriptor for stdout and stderr; null discards the output. The caller closes it. */
  output: number | null;
  /** Called once, when the main process has ended and no process of the container is left. 137: killed. */
  onEnd: (exitCode: number) => void;
}

/** A started container. */
export interface Container {
  /** Sends SIGTERM to the main process only, as ECS does. */
  terminate(): void;
  /** Sends SIGKILL to every process of the container. */
  kill(): void;
  /** Resolves when no process of the container is left. */
  ended: Promise<void>;
}

/** Runs containers as local processes. No process outlives its container's main process or the emulator. */
export interface ContainerRuntime {
  kind: 'namespaces' | 'groups';
  start(spec: ContainerSpec): Container;
  /** Kills every running container and resolves when their processes have ended. */
  close(): Promise<void>;
}

/** The exit code of a process; 128 plus the signal number for an end by signal, as Docker and ECS report it. */
export const exitCodeOf = (code: number | null, signal: NodeJS.Signals | null): number =>
  code ?? 128 + (signal ? (signalNumbers[signal] ?? 9) : 9);

const signalNumbers: Partial<Record<NodeJS.Signals, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGTERM: 15,
};
