import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { TaskTimes } from '../../../machines/recovery/journalFacts.ts';
import type { LedgerView } from '../../../src/store/ledger.ts';
import {
  type AdoptedRecord,
  type EndedRecord,
  type JournalRecord,
  type LaunchRecord,
  type ObservedRecord,
  type SettledRecord,
  unknownTimes,
} from '../../../src/store/records.ts';
import { levelOf } from '../../../src/telemetry/events.ts';
import type { Log } from '../../../src/telemetry/log.ts';

export const launch = (label: string, at = 1_000): LaunchRecord => ({
  kind: 'launch',
  label,
  clientToken: `token-${label}`,
  count: 2,
  revision: 'arn:aws:ecs:us-east-1:123456789012:task-definition/scaler:7',
  market: 'onDemand',
  requestHash: `hash-${label}`,
  at,
});

export const settled = (label: string, ...claims: [string, string][]): SettledRecord => ({
  kind: 'settled',
  label,
  at: 2_000,
  groups: claims.map(([groupId, taskArn]) => ({ groupId, taskArn, createdAt: 1_500 })),
  refusals: [],
});

export const adopted = (
  groupId: string,
  taskArn: string,
  createdAt: number | null = 500,
): AdoptedRecord => ({
  kind: 'adopted',
  groupId,
  taskArn,
  createdAt,
  deadlinesFrom: 3_000,
  at: 3_000,
});

export const observed = (
  groupId: string,
  taskArn: string,
  times: Partial<TaskTimes>,
): ObservedRecord => ({
  kind: 'observed',
  groupId,
  taskArn,
  ...unknownTimes,
  ...times,
  at: 3_500,
});

export const ended = (groupId: string, taskArn: string | null, endedAt = 4_000): EndedRecord => ({
  kind: 'ended',
  groupId,
  taskArn,
  cause: 'exited',
  detail: 'EssentialContainerExited; worker: exit 1',
  ...unknownTimes,
  endedAt,
  usd: null,
  at: 4_000,
});

/** Records of every kind but `lastLaunch`, in an order that occurs. */
export const story: JournalRecord[] = [
  { kind: 'start', epoch: 'e1', at: 900 },
  launch('e1-1', 1_000),
  launch('e1-2', 1_100),
  {
    ...settled('e1-1', ['e1-1-0', 'arn:1']),
    refusals: [{ kind: 'refused', reason: 'RESOURCE:CPU' }],
  },
  { kind: 'inventoryOwed', reason: 'launchesAbandoned', at: 2_500 },
  { kind: 'inventoried', at: 2_600 },
  adopted('a-1', 'arn:9'),
  observed('a-1', 'arn:9', { runningAt: 700 }),
  {
    ...{ kind: 'spent', endedUsd: 2.5, day: 0, usdAtMidnight: 1.5 },
    ...{ isLowerBound: true, unseenUsd: 0.5, unseenAtMidnight: 0.25, at: 3_600 },
  },
  { ...ended('e1-1-0', 'arn:1'), usd: 0.25 },
  { kind: 'rotation', workers: 6, at: 4_100 },
];

export const stateOf = (ledger: LedgerView) => ({
  epoch: ledger.epoch,
  lastLaunchAt: ledger.lastLaunchAt,
  open: ledger.openLaunches(),
  groups: ledger.groups(),
  history: ledger.history(),
  inventoryOwed: ledger.inventoryOwed(),
  usedPlaces: ledger.usedPlaces(),
  spent: ledger.spent(),
  rotatesFrom: ledger.rotatesFrom,
});

export const temporaryDir = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'scaler-ecs-store-'));
  onTestFinished(() => {
    if (existsSync(dir)) chmodSync(dir, 0o700);
    rmSync(dir, { recursive: true, force: true });
  });
  return dir;
};

/** A log that keeps its lines. */
export const listening = () => {
  const lines: { level: string; text: string; fields: object }[] = [];
  const log: Log = {
    report(name, fields) {
      lines.push({ level: levelOf(name, fields), text: name, fields });
    },
  };
  return { log, lines, levels: () => lines.map(({ level }) => level) };
};
