import { cohortSize, type LaunchPlan } from '../cohort/groupRecords.ts';
import type { Timeouts } from '../cohort/timeouts.ts';
import type { ConnectionStatus } from '../scheduler/events.ts';
import type { Terms, WorkerLoad } from '../scheduler/messages.ts';
import type { Capability, OwnedGroup } from '../shared/domain.ts';
import { fleetStandstillMs } from '../shared/timing.ts';
import { type AdoptionSettings, type AdoptionState, noAdoption } from './adoption.ts';
import type { Breakers, CrashLoop } from './circuitBreaker.ts';
import { type CountedCohorts, noCohorts } from './cohortTotals.ts';
import { type Ask, noEvidence, noViews, type PolicyEvidence, type Views } from './lookAhead.ts';
import { type Money, type MoneySettings, newMoney, type SpentBefore } from './money.ts';
import { type Counts, kept, total } from './plan.ts';
import { noTasks, type TaskIndex } from './taskIndex.ts';
import { type ListMemory, noLists } from './taskLists.ts';

export interface FleetSettings extends AdoptionSettings {
  /** The most Fargate tasks at one time; null: no limit. */
  maxTasks: number | null;
  workersPerTask: number;
  capabilities: Capability[];
  timeouts: Timeouts;
  /** The release of the workers that a person has chosen; null: the newest that can serve the scheduler. */
  workerRelease: string | null;
  /** No launch when the last echo is older than this, ms. */
  echoLimitMs: number;
  /** How long only empty request lists must come before they mean zero, or no command at all before that is reported, ms. */
  emptyGraceMs: number;
  /** How long a scheduler may be gone before its fleet is drained, ms. */
  schedulerGraceMs: number;
  /** How long a scheduler that was gone is given before fewer tasks are desired in earnest, ms. */
  returnGraceMs: number;
  /** A list of our tasks surely shows what was launched so long before it, ms. */
  settleMs: number;
  /** How long a group at work may wait for an idle moment before it is stopped, ms; null: as long as it is at work. */
  drainTimeoutMs: number | null;
  /** The same for all groups when everything is to end, ms. */
  stopDrainMs: number;
  /** Launch on Spot as long as it has capacity. */
  spot: boolean;
  /** Where tasks may run. Left out: not said, and there is no other place to go. */
  subnets?: string[] | undefined;
  /** Between two polls of one cohort, ms; and how many cohorts a tick may poll: more, where many must be. */
  pollEveryMs: number;
  pollsPerTick: number;
  /** What AWS allows of DescribeTasks and ListTasks together, calls per second. */
  readsPerSecond: number;
  /** How many while there are cohorts of an earlier run that have never been polled: what runs is to be known soon. */
  firstPollsPerTick: number;
  /** Between two complete lists of our tasks, ms; longer in a large fleet while nothing waits for one. */
  inventoryEveryMs: number;
  /** What Fargate allows: tasks at once, then tasks per second. */
  launchBurst: number;
  launchesPerSecond: number;
  /** Left out: no price is known, and nothing is limited. */
  money?: MoneySettings | undefined;
  /** How many tasks of the scheduler a worker is to have when the fleet grows to its work; null: it does not. */
  tasksPerWorker: number | null;
  /** How long fewer tasks must be desired before any is drained, ms. */
  scaleDownCooldownMs: number;
}

export interface FleetInput {
  settings: FleetSettings;
  /** Random per start: makes labels and tokens of this run unlike those of any other. */
  epoch: string;
  startedAt: number;
  /** From the journal: tasks of ours, and launches to send again under their own tokens. In `Fleet`: those that no cohort has yet, adopted ones included. */
  owned: OwnedGroup[];
  resend: LaunchPlan[];
  /** Labels of all launches that were open at the start, those included that are not sent again. */
  openAtStart: string[];
  /** Launches of the journal that are not sent again, whatever they may have started. */
  launchesGivenUp: number;
  /** The journal may have forgotten launches of earlier runs, and no complete inventory has shown since what they started. */
  journalIncomplete: boolean;
  /**
   * A list of our tasks that begins less than `settleMs` after this may lack some. At the start: `settlesFrom`
   * (`recovery/startup.ts`); later the last launch.
   */
  lastLaunchAt: number;
  /** Left out: nothing was spent before. */
  spent?: SpentBefore | undefined;
  /** As the journal knows it: the workers that were desired without replacements, while groups that are too old were replaced. */
  rotatesFrom?: number | null | undefined;
}

export interface Fleet extends FleetInput, CountedCohorts {
  now: number;
  revision: string | null;
  /** Since when the scheduler has answered: since its first echo, or since it is back after its grace was over. */
  answersSince: number | null;
  lastEchoAt: number | null;
  /** Since when the scheduler has said nothing, not counting times at which this process stood still. */
  quietSince: number;
  /** When the scheduler was heard again after its connection was lost or after it was gone; or first heard, or tasks of an earlier run found, while it may not know our workers. */
  returnedAt: number | null;
  connection: ConnectionStatus;
  /** What the scheduler was found to speak. */
  terms: Terms | null;
  /** Why no workers of ours could serve this scheduler, and since when. */
  mismatch: string | null;
  mismatchSince: number | null;
  /** Fargate tasks; null: the scheduler has not said yet. */
  desired: number | null;
  desiredWhy: string;
  /** The workers that the scheduler wants; null: it has not said in workers. */
  desiredWorkers: number | null;
  /** The last command asks for the replacements of old groups, too: workers without those; null: it does not. */
  replacedFrom: number | null;
  /** The workers that are desired without replacements, while a group is replaced: the journal keeps it; null: none is. */
  rotatesFrom: number | null;
  /** What the scheduler's last command asked for; null: none yet, or it asks for tasks one by one. */
  ask: Ask | null;
  /** What its monitor stream shows of its work, and what its commands say of its policy. */
  views: Views;
  policy: PolicyEvidence;
  /** What it last showed of our tasks is so old that none of them counts as idle for sure. */
  loadsAreOld: boolean;
  /** Workers that its work needs, where that is more than it asks for: desired in place of what it asks for. */
  workersAhead: number | null;
  /** Since when fewer tasks are desired than there are; null: not so. */
  fewerSince: number | null;
  /** Since when a degraded group may leave as soon as it is idle; null: none may. */
  spareSince: number | null;
  emptySince: number | null;
  /** What `owned` was when it was last told. */
  toldOwned: OwnedGroup[];
  /** The cohort of each Fargate task: loads are sent to the cohort that they concern. */
  taskIndex: TaskIndex;
  /** Loads that the monitor stream has shown and that no cohort has got yet, by cohort and task id. */
  waitingLoads: Record<string, Record<string, WorkerLoad>>;
  /** How many cohorts this run has opened, and how many launches it has decided on: they number the next ones. */
  opened: number;
  launched: number;
  /** Groups that may be launched before the event loop turns, so that a heartbeat can be sent. */
  turnAllowance: number;
  generation: number;
  allowance: number;
  /** The allowance was full until then, so it has not grown before. */
  fullUntil: number;
  /** Groups at work have been taken back, for idle ones to go in their place. */
  swapping: boolean;
  /** What holds launches back, and where. */
  breakers: Breakers;
  crashLoop: CrashLoop;
  /** Since when more are to stay than the limit allows. */
  aboveSince: number | null;
  /** Since when more are to stay, or wait at work for an idle moment, than the limit allows. */
  crowdedSince: number | null;
  /** Workers last advertised to the scheduler; null: all. */
  advertised: number | null;
  /** Until when groups at work may wait for an idle moment at the end; null: the end has not begun. */
  drainAllUntil: number | null;
  inventoryAt: number | null;
  inventoryNotBefore: number;
  /** The next list has been put off because tasks were left alone until the scheduler answers, not because a list failed. */
  listAwaitsAnswer: boolean;
  searchNotBefore: number;
  inventoryFailures: number;
  /** How often in a row we were not allowed to list our tasks. */
  denials: number;
  adoption: AdoptionState;
  lists: ListMemory;
  /** A launch was not sent because the scheduler's last answer was too old by then; the next tick decides anew. */
  decisionStale: boolean;
  /** When a launch was given up that may have started tasks; until a later list that is unknown. */
  unknownOutcomeAt: number | null;
  /** Why an operator holds launches, and since when; null: never held. */
  holdReason: string | null;
  heldSince: number | null;
  /** What tasks have cost and cost. */
  money: Money;
  /** Identity of the blockers that were reported last. */
  notedBlockers: string[];
  /** What was last reported as remaining. */
  remaining: Remaining | null;
}

/** What still belongs to this manager at the end. */
export interface Remaining {
  tasks: number;
  launches: number;
  /** A complete inventory has shown what there is, or listing is denied for good and the journal knows all. */
  looked: boolean;
}

export const newFleet = (input: FleetInput): Fleet => ({
  ...input,
  now: input.startedAt,
  revision: null,
  answersSince: null,
  lastEchoAt: null,
  quietSince: input.startedAt,
  returnedAt: null,
  connection: 'closed',
  terms: null,
  ...{ mismatch: null, mismatchSince: null },
  ...{ desired: null, desiredWhy: 'nothing yet', desiredWorkers: null, ask: null },
  ...{ replacedFrom: null, rotatesFrom: input.rotatesFrom ?? null, views: noViews },
  ...{ policy: noEvidence, loadsAreOld: false, workersAhead: null },
  ...{ fewerSince: null, spareSince: null },
  emptySince: null,
  ...{ ...noCohorts, taskIndex: noTasks, waitingLoads: {}, opened: 0, launched: 0 },
  toldOwned: [],
  // Less than a turn's: the code runs for the first time, which is slow.
  turnAllowance: cohortSize,
  generation: 0,
  allowance: input.settings.launchBurst,
  fullUntil: input.startedAt,
  swapping: false,
  breakers: {},
  crashLoop: { inARow: 0, at: 0 },
  ...{ aboveSince: null, crowdedSince: null },
  advertised: null,
  drainAllUntil: null,
  ...{ inventoryAt: null, inventoryNotBefore: 0, listAwaitsAnswer: false, searchNotBefore: 0 },
  ...{ inventoryFailures: 0, denials: 0 },
  adoption: noAdoption,
  lists: noLists,
  decisionStale: false,
  unknownOutcomeAt: null,
  ...{ holdReason: null, heldSince: null },
  money: newMoney(input.spent, input.settings.money, input.owned, input.startedAt),
  notedBlockers: [],
  remaining: null,
});

/** Groups that are still to be put into a cohort. */
export const queued = ({ owned, resend, adoption }: Fleet): number =>
  owned.length +
  adoption.adopting.length +
  resend.reduce((sum, { groupIds }) => sum + groupIds.length, 0);

/** All groups, those included that are still to be put into a cohort. */
export function fleetCounts(fleet: Fleet): Counts {
  const { counts } = fleet.totals;
  return { ...counts, pending: counts.pending + queued(fleet) };
}

/** Since when the scheduler has said nothing, at a tick. */
export function quietSinceAt({ now: before, quietSince }: Fleet, now: number): number {
  const passed = now - before;
  return quietSince + (passed > fleetStandstillMs ? passed : 0);
}

export const echoFreshAt = ({ lastEchoAt, settings }: Fleet, now: number): boolean =>
  lastEchoAt !== null && now - lastEchoAt <= settings.echoLimitMs;

/**
 * A scheduler that has just come back knows neither its clients nor its workers yet: it desires zero at first, and
 * workers that leave it while they register can end it.
 */
export const returnedLately = ({ returnedAt, settings }: Fleet, now: number): boolean =>
  returnedAt !== null && now - returnedAt < settings.returnGraceMs;

/**
 * What a launch without an answer may have started when it was given up would not be in the last list. A list of ECS can
 * lack a task for `settleMs` after the task was created.
 */
export const inventoryStale = ({ unknownOutcomeAt, inventoryAt, settings }: Fleet): boolean =>
  unknownOutcomeAt !== null && (inventoryAt ?? 0) < unknownOutcomeAt + settings.settleMs;

/** Every cohort has carried out its last command and reported. Cohorts report within the same turn of the event loop. */
export const allObserved = ({ totals }: Fleet): boolean => totals.unobserved === 0;

export const openLaunches = ({ totals, resend }: Fleet): number => totals.launches + resend.length;

/** From when on a list shows all that our launches may have started, those included that were given up. */
export const settledFrom = ({ lastLaunchAt, unknownOutcomeAt, settings }: Fleet): number =>
  Math.max(lastLaunchAt, unknownOutcomeAt ?? 0) + settings.settleMs;

/** What our launches may have started would be in the last list. */
export const listed = (fleet: Fleet): boolean => (fleet.inventoryAt ?? 0) >= settledFrom(fleet);

/** This run has had no group and has given up no launch. */
export const hadNone = ({ opened, launchesGivenUp }: Fleet): boolean =>
  opened === 0 && launchesGivenUp === 0;

/** No task or launch of ours was ever known: not from the journal, not from a list, and this run has launched nothing. */
export const neverHadAny = (fleet: Fleet): boolean =>
  hadNone(fleet) && !fleet.journalIncomplete && fleet.adoption.unconfirmed === 0;

/** One denial can be a mistake of the moment: rights that were granted just now are not known everywhere. */
export const denialsBelieved = 3;

/** The same, where only a list can show what some launches have started: it takes some two minutes to be denied so often. */
export const denialsBelievedIfOwed = 7;

/** Our tasks may not be listed: nothing is known but what the journal says. */
export const listDenied = ({ denials }: Pick<Fleet, 'denials'>): boolean =>
  denials >= denialsBelieved;

/** Our tasks may not be listed, and the journal has forgotten none of them: what it says is all there is. */
export function journalSuffices(fleet: Fleet): boolean {
  const { inventoryAt, journalIncomplete, launchesGivenUp } = fleet;
  return (
    listDenied(fleet) && (inventoryAt !== null || (!journalIncomplete && launchesGivenUp === 0))
  );
}

/** What may be there was looked for, and nothing was found. */
const foundNone = (fleet: Fleet): boolean =>
  journalSuffices(fleet)
    ? !inventoryStale(fleet)
    : listed(fleet) && fleet.adoption.unconfirmed === 0;

/** Nothing of ours is left, and nothing of ours can be on its way. */
export const isEmpty = (fleet: Fleet): boolean =>
  hasNoGroups(fleet) && (neverHadAny(fleet) || foundNone(fleet));

/** No group is known, and none is to be taken over. */
export const hasNoGroups = (fleet: Fleet): boolean =>
  Object.keys(fleet.cohorts).length === 0 && queued(fleet) === 0;

/** Tasks and launches of ours. */
export const remainingOf = (fleet: Fleet): Remaining => ({
  tasks:
    fleet.taskIndex.size +
    fleet.owned.length +
    fleet.adoption.adopting.length +
    fleet.adoption.unconfirmed,
  launches: openLaunches(fleet),
  looked:
    (fleet.inventoryAt !== null || journalSuffices(fleet)) &&
    !inventoryStale(fleet) &&
    fleet.adoption.unconfirmed === 0,
});

/** The first cohort with room for `size` groups. */
export const cohortWithRoom = ({ cohorts }: Fleet, size: number): string | undefined =>
  Object.entries(cohorts).find(([, { counts }]) => total(counts) + size <= cohortSize)?.[0];

/**
 * What to advertise to the scheduler, in workers; null: all there is. While the account's quota holds us back
 * that is what runs, and one task more when it is time to try one: no other event would ask for it.
 */
export function capacityToAdvertise(fleet: Fleet): number | null {
  const { quota } = fleet.breakers;
  if (!quota) return null;
  const more = quota.probe === null && fleet.now >= quota.until ? 1 : 0;
  return Math.max(1, kept(fleetCounts(fleet)) + more) * fleet.settings.workersPerTask;
}
