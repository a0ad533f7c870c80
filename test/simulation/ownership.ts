import type { Census } from './census.ts';
import type { Life } from './life.ts';
import type { Watched } from './watched.ts';

/** Which group owns which task, while the daemon runs and after its end. */
export function createOwnership(
  { ecs, broken }: Pick<Watched, 'ecs' | 'broken'>,
  short: (arn: string) => string,
) {
  return {
    owners(census: Census) {
      const owner = new Map<string, string>();
      for (const { taskArn, groupId } of census.groups) {
        if (taskArn === null) continue;
        const other = owner.get(taskArn);
        if (other !== undefined)
          broken('duplicated', `${short(taskArn)} belongs to ${other} and ${groupId}`);
        owner.set(taskArn, groupId);
      }
    },

    /** After an orderly end: whatever is left was said. */
    leftBehind(life: Life, surveyed: boolean) {
      const { ledger } = life.journal ?? {};
      if (!ledger || ledger.openLaunches().length > 0) return;
      const said = new Set(ledger.groups().map(({ taskArn }) => taskArn));
      const unsaid = ecs
        .ours()
        .find((task) => ecs.wanted(task) && !task.ghost && !said.has(task.taskArn));
      if (unsaid && surveyed) broken('leftUnsaid', `${short(unsaid.taskArn)} still runs`);
    },
  };
}
