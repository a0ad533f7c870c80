import { createFeed } from './feed.ts';
import { outletOf } from './inspect.ts';
import { lineOf } from './past.ts';
import { isEntry, parseRecording } from './recording.ts';
import { type InspectorServer, openServer, usualPort } from './server.ts';

/** Serves the page for a recording that was saved. Throws an Error that says what is wrong with the text. */
export async function serveRecording(text: string, port = usualPort): Promise<InspectorServer> {
  const parsed = parseRecording(text);
  if (!parsed.some(isEntry) && !parsed.some((line) => 'base' in line))
    throw new Error('nothing is recorded in it');
  const lines = parsed.map(lineOf);
  return openServer(
    {
      recording: () => lines,
      feed(socket) {
        createFeed(outletOf(socket), lines, () => lineOf({ end: true }));
      },
    },
    port,
  );
}
