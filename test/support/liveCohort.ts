import { type Actor, createActor, type EventObject } from 'xstate';
import { cohort } from '../../machines/cohort/cohort.ts';
import { launch } from '../../machines/group/launch.ts';
import { workerGroup } from '../../machines/group/workerGroup.ts';
import type { WorkerLoad } from '../../machines/scheduler/monitor.ts';
import type { Prices } from '../../machines/shared/bill.ts';
import type { TaskObservation } from '../../machines/shared/domain.ts';
import { admit, input } from '../../src/paths/models/cohortFixtures.ts';
import { ended, scriptedParent, scriptedWorld, settle } from './world.ts';

export { admit, input, launchPlan, observed } from '../../src/paths/models/cohortFixtures.ts';

/** The cohort with its real children, and effects that wait for the test. */
export const liveCohort = (given: Partial<typeof input> & { prices?: Prices } = {}) => {
  const world = scriptedWorld(
    'describeTasks',
    'stopTask',
    'runTask',
    'journalLaunch',
    'journalOutcome',
  );
  const { stopTask, runTask, journalLaunch, journalOutcome, describeTasks } = world.actors;
  const crashes: unknown[] = [];
  const ends: unknown[] = [];
  const notes: unknown[] = [];
  const registrations: unknown[] = [];
  /** `at` null: a turn comes at the last poll. `waits`: none comes. */
  const turn: { at: number | null; allowed: boolean; waits: boolean } = {
    ...{ at: null, allowed: true, waits: false },
  };
  const takeTurn = ended(
    () => ({ at: turn.at ?? actor.getSnapshot().context.lastPolledAt }),
    () => !turn.waits,
  );
  /** A fleet manager that answers at once whether a launch is still to be sent. */
  const answerTurn = (event: EventObject): boolean => {
    if (event.type !== 'cohort.launchTurn') return false;
    const { label } = event as unknown as { label: string };
    const { allowed } = turn;
    actor.send({ type: 'cohort.launchTurnAnswered', label, allowed });
    return true;
  };
  const { parent, told } = scriptedParent(undefined, answerTurn);
  const actor: Actor<typeof cohort> = createActor(
    cohort.provide({
      actors: {
        describeTasks,
        workerGroup: workerGroup.provide({ actors: { takeTurn, stopTask } }),
        launch: launch.provide({ actors: { takeTurn, runTask, journalLaunch, journalOutcome } }),
      },
      actions: {
        noteCrash: (_, crash) => crashes.push(crash),
        noteEnded: (_, end) => ends.push(end),
        noteSlowStop: (_, stop) => notes.push(stop),
        noteDegraded: (_, group) => notes.push(group),
        noteRegistered: (_, claim) => registrations.push(claim),
        noteRefusal: (_, refusal) => notes.push(refusal),
        noteDescribeFailed: (_, trouble) => notes.push(trouble),
      },
    }),
    { input: { ...input, ...given }, parent },
  ).start();
  const phases = () =>
    Object.fromEntries(
      Object.entries(actor.getSnapshot().context.groups).map(([id, row]) => [
        id,
        row.drainRequested && row.taskArn === null ? `${row.phase}, drainRequested` : row.phase,
      ]),
    );
  const answer = async (effect: keyof typeof world.calls, output: unknown) => {
    world.calls[effect].at(-1)?.resolve(output);
    await settle();
  };
  const answerBoth = async () => {
    await answer('journalLaunch', undefined);
    await answer('runTask', { taskArns: ['arn:0', 'arn:1'], refusals: [] });
    await answer('journalOutcome', [
      { groupId: 'e-1-0', taskArn: 'arn:0' },
      { groupId: 'e-1-1', taskArn: 'arn:1' },
    ]);
  };
  const launchBoth = async () => {
    actor.send({ ...admit, launches: [...admit.launches] });
    await answerBoth();
  };
  /** `listedAt`: when the last complete list began; null: none is to be had. */
  const lookAfterList = async (
    listedAt: number | null,
    at: number,
    ...observations: TaskObservation[]
  ) => {
    actor.send({ type: 'cohort.poll', at, launching: true, ending: false, listedAt });
    await answer('describeTasks', observations);
  };
  const look = (at: number, ...observations: TaskObservation[]) =>
    lookAfterList(null, at, ...observations);
  const row = (groupId: string) => actor.getSnapshot().context.groups[groupId];
  const hear = (at: number, loads: Record<string, WorkerLoad> | null) =>
    actor.send({ type: 'cohort.loads', at, loads });
  return {
    ...{
      ...world,
      actor,
      turn,
      phases,
      answer,
      answerBoth,
      launchBoth,
      look,
      lookAfterList,
      row,
      hear,
    },
    ...{ crashes, ended: ends, notes, registrations, told },
  };
};
