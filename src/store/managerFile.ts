import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../telemetry/log.ts';
import { wordsOf } from './storeFailure.ts';

/** Which manager a state directory belongs to: its name is a hash. For commands of operators. */
export interface ManagerFile {
  manager: string;
  /** As the workers reach it. */
  workerScheduler: string;
  /** `startedBy` of its Fargate tasks. */
  mark: string;
  region: string;
  cluster: string;
}

const fields = ['manager', 'workerScheduler', 'mark', 'region', 'cluster'] as const;
const fileName = 'manager.json';
const longest = 4096;

/** A disk that takes nothing keeps no daemon from running. */
export function writeManagerFile(dir: string, facts: ManagerFile, log: Log): void {
  const path = join(dir, fileName);
  try {
    writeFileSync(`${path}.tmp`, `${JSON.stringify(facts, null, 2)}\n`, { mode: 0o600 });
    renameSync(`${path}.tmp`, path);
  } catch (error) {
    log.report('managerFile.notWritten', { path, reason: wordsOf(error) });
  }
}

/** Null: there is none, or it is none of ours. */
export function readManagerFile(dir: string): ManagerFile | null {
  try {
    const value: unknown = JSON.parse(readFileSync(join(dir, fileName), 'utf8'));
    const given = value as Record<string, unknown>;
    const isWhole = fields.every((field) => {
      const text = given[field];
      return typeof text === 'string' && text !== '' && text.length <= longest;
    });
    if (!isWhole) return null;
    return Object.fromEntries(
      fields.map((field) => [field, given[field]]),
    ) as unknown as ManagerFile;
  } catch {
    return null;
  }
}
