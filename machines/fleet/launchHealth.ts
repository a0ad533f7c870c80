import { assertEvent } from 'xstate';
import { parent } from '../shared/parent.ts';
import { tickMs } from '../shared/timing.ts';
import {
  isCrashLooping,
  onLaunched,
  onRegistered,
  onStable,
  probeAllNow,
  recordEarlyExit,
  releaseProbe,
  trip,
} from './circuitBreaker.ts';
import { fleetSetup } from './fleetSetup.ts';
import { withUnshown } from './money.ts';
import { capacityToAdvertise } from './state.ts';
import { updateBreakers } from './updateBreakers.ts';

/** Advertises to the scheduler what the account's quota leaves us, and all again once it is time to probe. */
export const advertiseCapacity = fleetSetup.enqueueActions(({ context, enqueue }) => {
  const workers = capacityToAdvertise(context);
  if (workers === context.advertised) return;
  enqueue.assign({ advertised: workers });
  enqueue.sendTo(parent, { type: 'fleet.capacity', workers });
  enqueue({ type: 'noteCapacity', params: { workers } });
});

export const tripBreaker = fleetSetup.enqueueActions(({ context, event, enqueue, check }) => {
  assertEvent(event, 'cohort.launchFailed');
  const { breakers, now, settings } = context;
  const { kind, reason, market, subnets, groupId = null, signal = 'launched' } = event;
  const { mayHaveStarted } = event;
  // Workers end when their scheduler does: that is no failure of theirs.
  if (signal !== 'launched' && !check('schedulerPresent')) {
    updateBreakers(breakers, releaseProbe(breakers, groupId ?? ''), enqueue);
    return;
  }
  if (event.launchedAt !== undefined) {
    const crashLoop = recordEarlyExit(context.crashLoop, event.launchedAt, now);
    enqueue.assign({ crashLoop });
    if (!isCrashLooping(crashLoop)) {
      updateBreakers(breakers, releaseProbe(breakers, groupId ?? ''), enqueue);
      return;
    }
  }
  // The time is that of the last tick.
  if (mayHaveStarted !== undefined) {
    const money = withUnshown(context.money, mayHaveStarted, market ?? 'onDemand');
    enqueue.assign({ unknownOutcomeAt: now + tickMs, money });
  }
  if (kind === 'unprepared') enqueue.sendTo(parent, { type: 'fleet.unprepared' });
  const places = settings.subnets ?? [];
  const named = (subnets ?? places).filter((subnet) => places.includes(subnet));
  const failure = { cause: kind, reason, market, subnets: named, groupId, signal };
  updateBreakers(breakers, trip(breakers, failure, now), enqueue);
});

export const closeBreaker = fleetSetup.enqueueActions(
  ({ context: { breakers }, event, enqueue }) => {
    assertEvent(event, 'cohort.recovered');
    const { groupId, signal, subnet } = event;
    const closed = {
      launched: () => onLaunched(breakers, groupId),
      registered: () => onRegistered(breakers, groupId, subnet),
      stable: () => onStable(breakers),
    }[signal]();
    if (signal === 'stable') enqueue.assign({ crashLoop: { inARow: 0, at: 0 } });
    updateBreakers(breakers, closed, enqueue);
  },
);

export const onProbeInconclusive = fleetSetup.enqueueActions(
  ({ context: { breakers }, event, enqueue }) => {
    assertEvent(event, 'cohort.probeInconclusive');
    updateBreakers(breakers, releaseProbe(breakers, event.groupId), enqueue);
  },
);

/** Ordered by an operator: what is held back, and the next inventory, is tried at once. */
export const retryNow = fleetSetup.enqueueActions(({ context, enqueue }) => {
  const { breakers, now } = context;
  enqueue.assign({ inventoryNotBefore: Math.min(context.inventoryNotBefore, now) });
  updateBreakers(breakers, probeAllNow(breakers, now), enqueue);
});
