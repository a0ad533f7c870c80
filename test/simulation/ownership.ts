import type { Census } from './census.ts';
import type { Life, LifeEnd } from './life.ts';
import type { Watched } from './watched.ts';

/** Which group owns which task, while the daemon runs and after its end. */
export function createOwnership(
  { ecs, broken, judge, settings }: Pick<Watched, 'ecs' | 'broken' | 'judge' | 'settings'>,
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

    /** After an orderly end: whatever is left was said, or that it could not look; status 0 says that nothing is. */
    leftBehind(life: Life, { status, looked }: LifeEnd, inventoried: boolean) {
      const { ledger, found } = life.journal ?? {};
      const isUnsure =
        (found === 'lost' || found === 'damaged') &&
        !inventoried &&
        !ecs.isClusterGone(settings.cluster);
      if (isUnsure && judge.judges('leftUnsaid looked', { 'tasks are left': settings.leave }))
        if (status === 0 || looked)
          broken('leftUnsaid', `it ends with status ${status} and has not looked`);
      // However little was ever known: status 0 says that nothing is left.
      if (status === 0 && !looked && !settings.leave)
        broken('leftUnsaid', 'it ends with status 0 and says that it has not looked');
      const unknown = { 'no journal': !ledger, 'no complete list': !inventoried };
      const left = ecs.ours().filter((task) => ecs.wanted(task) && !task.ghost);
      const [one] = left;
      const isJudged = judge.judges('leftUnsaid status', {
        ...unknown,
        'tasks are left': settings.leave,
      });
      if (isJudged && one && status === 0)
        broken('leftUnsaid', `${short(one.taskArn)} still runs after an end with status 0`);
      const isNamed = judge.judges('leftUnsaid named', {
        ...unknown,
        'it says that it has not looked': !looked,
        'a launch is open': (ledger?.openLaunches().length ?? 0) > 0,
      });
      if (!isNamed || !ledger) return;
      const said = new Set(ledger.groups().map(({ taskArn }) => taskArn));
      const unsaid = left.find(({ taskArn }) => !said.has(taskArn));
      if (unsaid) broken('leftUnsaid', `${short(unsaid.taskArn)} still runs`);
    },
  };
}
