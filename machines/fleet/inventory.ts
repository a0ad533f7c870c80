import { assertEvent, type DoneActorEvent, type ErrorActorEvent } from 'xstate';
import type { OwnedGroup } from '../shared/domain.ts';
import { noteOf } from '../shared/failure.ts';
import { parent } from '../shared/parent.ts';
import { longConnectionMs, searchEveryMs } from '../shared/timing.ts';
import { type Enqueue, fleetSetup, modesIn } from './fleetSetup.ts';
import { noEvidence } from './lookAhead.ts';
import { spentOf, withAdopted, withUnseen } from './money.ts';
import { afterPreparation } from './preparation.ts';
import { type Fleet, inventoryStale, journalSuffices, listDenied } from './state.ts';
import { withNextList } from './whenToList.ts';

/** Takes the decision about an inventory; what it adopts is journaled first. */
export const onInventory = fleetSetup.enqueueActions(({ event, enqueue }) => {
  assertEvent(event, 'list.read');
  const { adoption, foreign } = event.decision;
  enqueue.assign({ adoption });
  for (const task of foreign) enqueue({ type: 'noteForeignTask', params: task });
});

export const postponeSearch = fleetSetup.assign({
  searchNotBefore: ({ context }) => context.now + searchEveryMs,
});

/** The cluster has been deleted: it is made again, and what ran in it is replaced once it is certainly gone. */
export const reportNoCluster = fleetSetup.enqueueActions(({ event, enqueue }) => {
  const { kind } = noteOf((event as ErrorActorEvent).error);
  if (kind === 'unprepared') enqueue.sendTo(parent, { type: 'fleet.unprepared' });
});

/** As long as another manager may own the orphans, none is taken over, and so nothing is launched: listed again later. */
export const deferAdoption = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  assertEvent(event, 'list.read');
  const { adoption, foreign, deferred } = event.decision;
  enqueue.assign({
    ...{ adoption, ...withNextList(context), denials: 0 },
    listAwaitsAnswer: true,
  });
  for (const task of foreign) enqueue({ type: 'noteForeignTask', params: task });
  const [why, until] =
    context.connection === 'conflict'
      ? [
          'closed our connection soon after it opened',
          `a connection of ours has stood for ${longConnectionMs / 1000} s`,
        ]
      : ['does not answer us', 'we are answered'];
  const trouble = `${deferred} tasks carry our tag, and the scheduler ${why}: another manager may hold our worker_manager_id; these tasks are left alone until ${until}`;
  enqueue({ type: 'noteInventory', params: { trouble, blind: false } });
  enqueue.raise({ type: 'inventory.deferred' });
});

/** The inventory that is being taken in is younger than every launch that was given up without an answer. */
const coversUnknown = (fleet: Fleet): boolean =>
  !inventoryStale({ ...fleet, inventoryAt: fleet.adoption.inventoryStartedAt });

/** What the inventory has changed of what was spent comes first: the journal forgets by a complete one why it was owed. */
function noteInventoried(
  fleet: Fleet,
  shown: Pick<Fleet, 'money'> & { adopted: number },
  enqueue: Enqueue,
): void {
  const { adopted } = shown;
  const complete = coversUnknown(fleet);
  const money = complete ? withUnseen({ ...fleet, money: shown.money }) : shown.money;
  if (money !== fleet.money) {
    enqueue.assign({ money });
    enqueue({ type: 'noteSpending', params: spentOf(money) });
  }
  enqueue({ type: 'noteInventory', params: { adopted, complete } });
}

/** The groups that the ledger accepted are put into cohorts like those of the journal. */
export const admitAdopted = fleetSetup.enqueueActions(({ context, event, enqueue, check }) => {
  const accepted = (event as DoneActorEvent<OwnedGroup[]>).output;
  // A scheduler that asks for one more does not say that tasks found only now are too many.
  if (check('byStarts') && context.desired !== null)
    enqueue.assign({ desired: context.desired + accepted.length });
  const recovering = modesIn(check).lifecycle === 'recovering';
  const money = withAdopted(context, accepted, recovering);
  enqueue.assign({ owned: [...context.owned, ...accepted] });
  // Commands may have counted their workers, and would then speak against the default policy for no reason.
  if (accepted.length > 0) enqueue.assign({ policy: noEvidence });
  noteInventoried(context, { money, adopted: accepted.length }, enqueue);
  // A scheduler that has started with this run knows nothing of their workers yet.
  if (accepted.length > 0 && recovering) enqueue.raise({ type: 'fleet.tookOver' });
});

export const completeInventory = fleetSetup.enqueueActions(({ context, enqueue }) => {
  const { adoption, now: at } = context;
  if (adoption.adopting.length === 0)
    noteInventoried(context, { money: context.money, adopted: 0 }, enqueue);
  enqueue.assign({
    inventoryAt: adoption.inventoryStartedAt,
    inventoryFailures: 0,
    denials: 0,
    adoption: { ...adoption, adopting: [] },
  });
  const looked = adoption.unconfirmed === 0;
  enqueue.sendTo(parent, { type: 'fleet.inventoryCompleted', at, looked });
  enqueue.raise({ type: 'inventory.completed' });
  enqueue.raise({ type: 'fleet.restoreNext' });
});

/** There is no cluster, and ECS deletes none in which tasks run: nothing of ours is left there. */
export const onNoCluster = fleetSetup.assign(({ context }) => ({
  inventoryAt: context.now,
  inventoryFailures: 0,
  adoption: { ...context.adoption, unconfirmed: 0, leftAlone: false, adopting: [] },
}));

export const onInventoryFailed = fleetSetup.enqueueActions(({ context, event, enqueue }) => {
  const { kind, reason } = noteOf((event as ErrorActorEvent).error);
  const denials = kind === 'denied' ? context.denials + 1 : 0;
  const denied = listDenied({ denials });
  enqueue.assign({
    denials,
    ...withNextList(context),
    adoption: { ...context.adoption, adopting: [] },
  });
  // Then no inventory will ever show more.
  const looked = journalSuffices({ ...context, denials });
  if (denied) enqueue.sendTo(parent, { type: 'fleet.inventoryCompleted', at: context.now, looked });
  enqueue({ type: 'noteInventory', params: { trouble: reason, blind: denied } });
});

export const recordPreparation = fleetSetup.assign(({ context, event }) => {
  assertEvent(event, 'fleet.prepared');
  const { lastLaunchAt } = afterPreparation(context, event);
  return { revision: event.revision, lastLaunchAt };
});
