import { assertEvent } from 'xstate';
import { fleetSetup } from './fleetSetup.ts';
import { noEvidence } from './lookAhead.ts';

export const recordEcho = fleetSetup.assign(({ context, event }) => {
  assertEvent(event, 'scheduler.heartbeatEcho');
  const { at } = event;
  return { answersSince: context.answersSince ?? at, lastEchoAt: at, quietSince: at };
});

export const recordReturn = fleetSetup.assign({
  returnedAt: ({ context, event }) => {
    assertEvent(event, ['scheduler.heartbeatEcho', 'fleet.tookOver']);
    return event.type === 'scheduler.heartbeatEcho' ? event.at : context.now;
  },
});

export const recordConnection = fleetSetup.assign(({ context, event }) => {
  assertEvent(event, 'scheduler.connection');
  const { status: connection } = event;
  return {
    connection,
    // The next one may be of another scheduler, with another policy.
    policy: connection === 'closed' ? noEvidence : context.policy,
    // The tasks that were left alone until it answers are ours, and may be more than the limit: they are listed at once.
    ...(connection === 'ready' &&
      context.adoption.leftAlone && { inventoryFailures: 0, inventoryNotBefore: context.now }),
  };
});

export const recordTerms = fleetSetup.assign({
  terms: ({ event }) => {
    assertEvent(event, 'scheduler.identified');
    return event.terms;
  },
});

export const recordHold = fleetSetup.assign(({ event }) => {
  assertEvent(event, 'fleet.hold');
  return { holdReason: event.reason, heldSince: event.at };
});
