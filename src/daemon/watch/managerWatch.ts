import type { Limits } from '../../aws/limiter.ts';
import type { Log } from '../../telemetry/log.ts';
import type { ManagerFacts } from './managerFacts.ts';

/** A manager that runs, as of the moment of the call. */
export interface ManagerView {
  /** Null: its machines have not started yet. */
  facts(): ManagerFacts | null;
  limits(): Limits;
}

/** What watches one manager. */
export interface ManagerWatch {
  /** Its events go there, too; null: nowhere. */
  log: Log | null;
  /** It runs. */
  started(view: ManagerView): void;
  /** It has ended, or did not start. */
  ended(): void;
}
