import { assertEvent } from 'xstate';
import { confirmOrphanMs } from '../shared/timing.ts';
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
    // What was left alone until it answers may be ours, and more than the limit. Not at once: another manager may be back in a moment.
    ...(connection === 'ready' &&
      context.listAwaitsAnswer && {
        inventoryNotBefore: Math.min(context.inventoryNotBefore, context.now + confirmOrphanMs),
      }),
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
