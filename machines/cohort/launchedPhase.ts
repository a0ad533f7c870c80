import type { GroupRecord } from './groupRecords.ts';

/**
 * The phase of a group that learns its ARN and has nothing else to do. In its record at once: its own report of that
 * changes nothing more, and a hundred reports would copy a hundred records each.
 */
export const phaseOnceLaunched = ({
  phase,
  drainRequested,
}: Pick<GroupRecord, 'phase' | 'drainRequested'>): GroupRecord['phase'] =>
  phase === 'requested' && !drainRequested ? 'provisioning' : phase;
