import { setImmediate, setTimeout } from 'node:timers/promises';
import { createInspector } from '@statelyai/inspect';
import type { AnyActorRef, InspectedActorEvent, InspectionEvent } from 'xstate';
import type { FeedOutlet } from './feed.ts';
import { publicDefinition, publicEvent, publicSnapshot } from './publicView.ts';

/** One client that watches. It gets the actors that exist first, then what happens to them. */
export interface Viewer {
  actor: (created: InspectedActorEvent) => void;
  event: (event: InspectionEvent & { type: '@xstate.event' }) => void;
  snapshot: (event: InspectionEvent & { type: '@xstate.snapshot' }) => void;
}

/** A viewer with more than this waiting is dropped, so that it does not cost us our memory; it may connect again. Bytes. */
const mostWaiting = 16 * 1024 * 1024;
/** While the actors that exist are sent, no more than this waits at a time. Bytes. */
const enoughWaiting = 1024 * 1024;
const sentAtOnce = 20;

const definitions = new WeakMap<object, unknown>();

/** Computed once a machine: thousands of actors share a few. */
function definitionOf(config: unknown): unknown {
  const key = config as object;
  if (!definitions.has(key)) definitions.set(key, publicDefinition(config));
  return definitions.get(key);
}

/**
 * Stately's inspector makes the messages. It gets a copy of each actor with the public part of its state, never the
 * actor itself: it serializes whole snapshots before it asks its own filter.
 */
export function createViewer(
  actors: ReadonlyMap<string, InspectedActorEvent>,
  outlet: FeedOutlet,
): Viewer {
  const { inspect } = createInspector({
    send(event) {
      if (!outlet.isOpen) return;
      if (outlet.bufferedAmount > mostWaiting) outlet.drop();
      else outlet.send(JSON.stringify(event));
    },
  });
  const publish = (event: unknown) => inspect.next?.(event as InspectionEvent);
  const sent = new WeakSet<object>();
  let isSendingExisting = true;

  const sendActor = ({ actorRef, rootId }: InspectedActorEvent): void => {
    const actor = actorRef as AnyActorRef & { logic: { config: unknown } };
    sent.add(actor);
    publish({
      type: '@xstate.actor',
      rootId,
      actorRef: {
        id: actor.id,
        sessionId: actor.sessionId,
        logic: { config: definitionOf(actor.logic.config) },
        _parent: actor._parent && { sessionId: actor._parent.sessionId },
        // A new actor has no snapshot yet; the inspector asks for it a little later.
        getSnapshot: () => publicSnapshot(actor.getSnapshot()),
      },
    });
  };

  const sendExisting = async (): Promise<void> => {
    let count = 0;
    // Actors that are created meanwhile are in the map as well, so this loop sends them too.
    for (const created of actors.values()) {
      sendActor(created);
      if (++count % sentAtOnce === 0) await setImmediate();
      while (outlet.isOpen && outlet.bufferedAmount > enoughWaiting) await setTimeout(10);
      if (!outlet.isOpen) return;
    }
    isSendingExisting = false;
  };
  void sendExisting();

  return {
    actor: (created) => {
      if (!isSendingExisting) sendActor(created);
    },
    event: ({ actorRef, sourceRef, event, rootId }) => {
      if (!sent.has(actorRef)) return;
      publish({
        type: '@xstate.event',
        rootId,
        event: publicEvent(event),
        actorRef: { sessionId: actorRef.sessionId },
        sourceRef: sourceRef && sent.has(sourceRef) && { sessionId: sourceRef.sessionId },
      });
    },
    snapshot: ({ actorRef, snapshot, event, rootId }) => {
      if (!sent.has(actorRef)) return;
      publish({
        type: '@xstate.snapshot',
        rootId,
        event: publicEvent(event),
        snapshot: publicSnapshot(snapshot),
        actorRef: { sessionId: actorRef.sessionId },
      });
    },
  };
}
