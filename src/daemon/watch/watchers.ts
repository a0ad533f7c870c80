import type { Config } from '../../config/config.ts';
import type { Log } from '../../telemetry/log.ts';
import type { ManagerWatch } from './managerWatch.ts';

/** What watches all managers of this process. */
export interface Watchers {
  /** Null: nothing is asked for, and no work is done. */
  of(config: Config, log: Log): ManagerWatch | null;
  /** The process has been asked to stop. */
  stopping(): void;
  close(): Promise<void>;
}

/**
 * Opens what the settings and the environment ask for: metrics and health, and the service manager that waits at
 * NOTIFY_SOCKET. Each is loaded only then. Throws a ConfigFailure for an address that cannot be listened on.
 */
export async function openWatchers(
  configs: readonly Config[],
  env: Record<string, string | undefined>,
): Promise<Watchers> {
  const endpoints = configs.some(({ metrics }) => metrics !== null)
    ? await (await import('./endpoints.ts')).openEndpoints(configs)
    : null;
  const service = env.NOTIFY_SOCKET
    ? (await import('./serviceManager.ts')).notifyServiceManager(env)
    : null;
  const nameOf = ({ workerManagerId: id, workerSchedulerAddress }: Config): string =>
    configs.filter((one) => one.workerManagerId === id).length > 1
      ? `${id} ${workerSchedulerAddress.text}`
      : id;
  return {
    of(config, log) {
      const name = nameOf(config);
      const watches = [endpoints?.of(config, name, log), service?.of(name, log)].filter(
        (watch) => watch !== null && watch !== undefined,
      );
      return watches.length === 0 ? null : together(watches);
    },
    stopping: () => service?.stopping(),
    async close() {
      await endpoints?.close();
      await service?.close();
    },
  };
}

function together(watches: readonly ManagerWatch[]): ManagerWatch {
  return {
    log: watches.find(({ log }) => log !== null)?.log ?? null,
    started(view) {
      for (const watch of watches) watch.started(view);
    },
    ended() {
      for (const watch of watches) watch.ended();
    },
  };
}
