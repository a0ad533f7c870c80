import { clusterName, type ModelTask } from './ecs.ts';

/**
 * What the limit on tasks allows a launch, as it was when the launch was decided. A list may have gone without a cluster of
 * earlier settings, and said so: what no journal has named there is not known, and must not hold up the fleet for ever.
 */
export function createCapRule(cap: () => number, isNamed: (task: ModelTask) => boolean) {
  let leftOut = new Set<string>();
  let leavesOut = new Set<string>();
  const decided = new Map<string, { cap: number; leftOut: Set<string> }>();
  return {
    clusterLeftOut: (cluster: string) => void leavesOut.add(clusterName(cluster)),
    listed() {
      leftOut = leavesOut;
      leavesOut = new Set();
    },
    listFailed: () => leavesOut.clear(),
    /** `unknown`: so many were there and could not be known. */
    launched: (label: string, unknown = 0) =>
      void decided.set(label, { cap: cap() + unknown, leftOut }),
    /** What is wrong with the creation of this task beside these others of ours; null: nothing. */
    exceeded({ label }: ModelTask, ours: readonly ModelTask[]): string | null {
      const at = decided.get(label ?? '');
      const bought = ours.filter(
        (task) => !task.ghost && (isNamed(task) || !at?.leftOut.has(task.cluster)),
      ).length;
      // Sent again under its token, it was decided by a life with another limit.
      const allowed = Math.max(cap(), at?.cap ?? 0);
      return bought > allowed ? `${bought} tasks bought, ${allowed} allowed: ${label}` : null;
    },
  };
}
