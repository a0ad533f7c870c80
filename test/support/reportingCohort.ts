import { noCounts } from '../../machines/fleet/plan.ts';
import { admit, launchPlan, liveCohort } from './liveCohort.ts';

export { allGroups } from '../../src/paths/models/cohort.ts';

export const cohortId = 'cohort.0';
export const changed = (generation: number, counts: object, launches = 0, ended = 0) => ({
  ...{ type: 'cohort.changed', cohortId, generation, launches, ended },
  counts: { ...noCounts, ...counts },
});
/** A group is told to stop, and then its turn comes. */
export const stopped = (generation: number, counts: object) => [
  changed(generation, { ...counts, unsent: 1 }),
  changed(generation, counts),
];
export const single = { ...admit, launches: [launchPlan('e-1', 1)] };
export const failure = (kind: string) => Object.assign(new Error(`it was ${kind}`), { kind });
export const dead = (at: number) => ({ type: 'task.dead', at, taskArn: 'arn:0' });
export const registered = { workers: 1, tasks: 0, canceling: 0 };

/** A cohort, and what it has told its manager since it was asked last. */
export const reportingCohort = () => {
  const cohort = liveCohort();
  const { told, actor, answer } = cohort;
  const news = () => told.splice(0).filter(({ type }) => type !== 'cohort.tasksChanged');
  const launchOne = async () => {
    actor.send({ ...single, launches: [...single.launches] });
    await answer('journalLaunch', undefined);
    await answer('runTask', { taskArns: ['arn:0'], refusals: [] });
    await answer('journalOutcome', [{ groupId: 'e-1-0', taskArn: 'arn:0' }]);
  };
  const refuse = async (count: number, ...refusals: object[]) => {
    actor.send({ ...admit, launches: [launchPlan('e-1', count)] });
    news();
    await answer('journalLaunch', undefined);
    await answer('runTask', { taskArns: [], refusals });
    await answer('journalOutcome', []);
  };
  return { ...cohort, news, launchOne, refuse };
};
