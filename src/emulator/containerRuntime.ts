export interface ContainerSpec {
  argv: string[];
  /** All of it: nothing of the emulator's own environment is added. */
  env: Record<string, string>;
  cwd: string;
  /** Where stdout and stderr go: an open file descriptor, or null for nowhere. The jail does not close it. */
  output: number | null;
  /** Once, when the container's main process has ended and nothing of the container is left. 137 = killed. */
  onEnd: (exitCode: number) => void;
}

export interface Container {
  /** SIGTERM to the container's main process, and to it alone, as ECS does. */
  terminate(): void;
  /** SIGKILL to all of it. */
  kill(): void;
  /** Resolves when nothing of it is left. */
  ended: Promise<void>;
}

/** Runs containers as local processes and sees to it that none outlives its main process or the emulator. */
export interface ContainerRuntime {
  kind: 'namespaces' | 'groups';
  start(spec: ContainerSpec): Container;
  /** Kills what is left. */
  close(): Promise<void>;
}

/** The exit code Docker and ECS show for an end by signal. */
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
