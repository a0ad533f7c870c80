import { setImmediate, setTimeout } from 'node:timers/promises';
import { createInspector } from '@statelyai/inspect';
import type { AnyActorRef, InspectedActorEvent, InspectionEvent } from 'xstate';
import { publicDefinition, publicEvent, publicSnapshot } from './publicView.ts';

/** Where a viewer's messages go. */
export interface Outlet {
  send: (text: string) => void;
  /** Bytes that wait to be sent. */
  readonly bufferedAmount: number;
  readonly isOpen: boolean;
  /** Gives the viewer up. */
  drop: () => void;
}

/** Somebody who watches: sees first who lives, then everything that happens to them. */
export interface Viewer {
  actor: (born: InspectedActorEvent) => void;
  event: (event: InspectionEvent & { type: '@xstate.event' }) => void;
  snapshot: (event: InspectionEvent & { type: '@xstate.snapshot' }) => void;
}

/** A viewer that is this far behind would cost us our memory: it may come again. Bytes. */
const tooFarBehind = 16 * 1024 * 1024;
/** While the living are introduced, nobody waits for more than that. Bytes. */
const enoughForNow = 1024 * 1024;
const introducedAtOnce = 20;

const definitions = new WeakMap<object, unknown>();

/** Thousands of actors share a few machines. */
const definitionOf = (config: unknown): unknown => {
  const key = config as object;
  if (!definitions.has(key)) definitions.set(key, publicDefinition(config));
  return definitions.get(key);
};

/**
 * Stately's inspector makes the messages. It is given no actor of ours but a likeness with the public
 * part of its state: it would serialize whole snapshots before asking its own filter.
 */
export const createViewer = (
  living: ReadonlyMap<string, InspectedActorEvent>,
  outlet: Outlet,
): Viewer => {
  const { inspect } = createInspector({
    send(event) {
      if (!outlet.isOpen) return;
      if (outlet.bufferedAmount > tooFarBehind) outlet.drop();
      else outlet.send(JSON.stringify(event));
    },
  });
  const publish = (event: unknown) => inspect.next?.(event as InspectionEvent);
  const known = new WeakSet<object>();
  let introducing = true;

  const introduce = ({ actorRef, rootId }: InspectedActorEvent): void => {
    const actor = actorRef as AnyActorRef & { logic: { config: unknown } };
    known.add(actor);
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

  const introduceAll = async (): Promise<void> => {
    let introduced = 0;
    // The map may grow meanwhile: its newcomers are met here too.
    for (const born of living.values()) {
      introduce(born);
      if (++introduced % introducedAtOnce === 0) await setImmediate();
      while (outlet.isOpen && outlet.bufferedAmount > enoughForNow) await setTimeout(10);
      if (!outlet.isOpen) return;
    }
    introducing = false;
  };
  void introduceAll();

  return {
    actor: (born) => {
      if (!introducing) introduce(born);
    },
    event: ({ actorRef, sourceRef, event, rootId }) => {
      if (!known.has(actorRef)) return;
      publish({
        type: '@xstate.event',
        rootId,
        event: publicEvent(event),
        actorRef: { sessionId: actorRef.sessionId },
        sourceRef: sourceRef && known.has(sourceRef) && { sessionId: sourceRef.sessionId },
      });
    },
    snapshot: ({ actorRef, snapshot, event, rootId }) => {
      if (!known.has(actorRef)) return;
      publish({
        type: '@xstate.snapshot',
        rootId,
        event: publicEvent(event),
        snapshot: publicSnapshot(snapshot),
        actorRef: { sessionId: actorRef.sessionId },
      });
    },
  };
};
