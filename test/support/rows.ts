import type { GroupRow } from '../../machines/cohort/groupRecords.ts';

export const arn = (id: string): string => `arn:aws:ecs:eu-west-1:1:task/cluster/${id}`;

/** A group that waits for its task, but for what is given. */
export const rowOf = (given: Partial<GroupRow> = {}): GroupRow => ({
  taskArn: null,
  phase: 'requested',
  registered: false,
  leaving: false,
  stopAccepted: false,
  launchedAt: 0,
  runningAt: null,
  stopAskedAt: null,
  waitUntil: null,
  seen: null,
  load: null,
  deserted: null,
  servesSince: null,
  lasted: false,
  missingSince: null,
  subnet: null,
  blame: null,
  ...given,
});

/** One whose workers are known to the scheduler. */
export const serves = (given: Partial<GroupRow> = {}): GroupRow =>
  rowOf({ taskArn: arn('t'), phase: 'running', registered: true, ...given });
