import { clearInterval, setInterval } from 'node:timers';
import { WebSocket } from 'ws';
import type { ActorRefLike, InspectedActorEvent, InspectionEvent } from 'xstate';
import { now } from '../../shared/clock.ts';
import { errorText } from '../../shared/errorText.ts';
import type { Log } from '../log.ts';
import { createFeed, type Feed, type FeedOutlet } from './feed.ts';
import { createPast, lineOf } from './past.ts';
import { createRecorder, type RecorderTools } from './recorder.ts';
import { type Header, recordingFormat, recordingVersion } from './recording.ts';
import { openServer, usualPort } from './server.ts';
import { createViewer, type Viewer } from './viewer.ts';

export interface Inspection {
  /** For `createActor`'s `inspect`. Never throws. */
  observe: (event: InspectionEvent) => void;
  /** Takes the events of the log, for the histories of the actors. */
  log: Log;
  /** To be opened in a browser. */
  url: string;
  close: () => Promise<void>;
}

export interface InspectionOptions {
  /** Name of the manager. */
  of?: string;
  port?: number;
  alsoShown?: RecorderTools['alsoShown'];
}

/** What is remembered of the past, as text. Bytes. */
const mostPast = 24 * 1024 * 1024;
/** The page gets what is new so often, ms. */
const flushEveryMs = 250;
const lookEveryMs = 1000;

export const headerOf = (of: string, startedAt: number): Header => ({
  ...{ format: recordingFormat, version: recordingVersion, of, startedAt },
});

export function outletOf(socket: WebSocket): FeedOutlet {
  return {
    send: (text) => socket.send(text),
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    get isOpen() {
      return socket.readyState === WebSocket.OPEN;
    },
    drop: () => socket.terminate(),
  };
}

/**
 * Serves the actors on loopback: our own page on `url`, and on its WebSocket the messages of `@statelyai/inspect`,
 * which its `createWebSocketReceiver` also reads. Machines only: of an effect, only the event that it answers with is
 * shown.
 */
export async function startInspection(
  log: Log,
  { of = 'scaler-ecs', port = usualPort, alsoShown }: InspectionOptions = {},
): Promise<Inspection> {
  const actors = new Map<string, InspectedActorEvent>();
  const viewers = new Set<Viewer>();
  const feeds = new Set<Feed>();
  const past = createPast(headerOf(of, now()), mostPast, (line) => {
    for (const feed of feeds) feed.add(line);
  });
  const recorder = createRecorder({
    ...{ now, record: past.add },
    ...(alsoShown && { alsoShown }),
  });

  const server = await openServer(
    {
      recording: () => past.lines(),
      feed(socket) {
        const live = () => lineOf({ live: now(), dropped: past.dropped() });
        const feed = createFeed(outletOf(socket), past.lines(), live);
        feeds.add(feed);
        socket.on('close', () => feeds.delete(feed));
      },
      stately(socket) {
        const viewer = createViewer(actors, outletOf(socket));
        viewers.add(viewer);
        socket.on('close', () => viewers.delete(viewer));
      },
    },
    port,
  );

  let lookedAt = 0;
  const timer = setInterval(() => {
    const at = now();
    if (at - lookedAt >= lookEveryMs) {
      lookedAt = at;
      recorder.look();
      if (feeds.size > 0) for (const feed of feeds) feed.add(lineOf({ now: at }));
    }
    for (const feed of feeds) feed.flush();
  }, flushEveryMs);
  timer.unref();

  /** Stately's messages; without a viewer of them, only the actors are kept. */
  const forward = (event: InspectionEvent): void => {
    if (!isMachine(event.actorRef)) return;
    if (event.type === '@xstate.actor') {
      actors.set(event.actorRef.sessionId, event);
      for (const viewer of viewers) viewer.actor(event);
    } else if (event.type === '@xstate.event') {
      for (const viewer of viewers) viewer.event(event);
    } else if (event.type === '@xstate.snapshot') {
      for (const viewer of viewers) viewer.snapshot(event);
      if (event.snapshot.status !== 'active') actors.delete(event.actorRef.sessionId);
    }
  };

  const { url } = server;
  const tunnel = `ssh -N -L ${server.port}:127.0.0.1:${server.port} HOST`;
  log.report('inspector.opened', { url, tunnel });
  return {
    url,
    log: recorder.log,
    observe(event) {
      try {
        recorder.observe(event);
        forward(event);
      } catch (error) {
        // An error thrown here would end the actor that is observed.
        log.report('inspector.failed', { error: errorText(error) });
      }
    },
    async close() {
      clearInterval(timer);
      await server.close();
    },
  };
}

function isMachine(actor: ActorRefLike): boolean {
  return (actor as ActorRefLike & { logic?: { root?: unknown } }).logic?.root !== undefined;
}
