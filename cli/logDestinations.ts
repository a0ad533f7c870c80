import { openSync } from 'node:fs';
import { type DestinationStream, pino } from 'pino';
import { ConfigFailure } from '../src/config/configFailure.ts';
import { named } from '../src/config/schema.ts';

/** A reader of our log that stalls may cost lines, never a heartbeat: so much waits in memory. */
const maxBufferedBytes = 4 * 1024 * 1024;

/** Opens places for a log; one that several managers name is opened once. Throws a ConfigFailure. */
export function logDestinations(): (paths: string[]) => DestinationStream {
  const open = new Map<string, DestinationStream>();
  const one = (path: string): DestinationStream => {
    const known = open.get(path);
    if (known) return known;
    const stream = pino.destination({
      dest: descriptor(path),
      sync: false,
      minLength: 0,
      maxLength: maxBufferedBytes,
    });
    // A full disk must not end the daemon; what did not fit is tried again with the next line.
    stream.on('error', () => {});
    open.set(path, stream);
    return stream;
  };
  return (paths) => {
    const streams = [...new Set(paths)].map(one);
    return {
      write(line) {
        for (const stream of streams) stream.write(line);
      },
    };
  };
}

function descriptor(path: string): number {
  if (path === '-' || path === '/dev/stdout') return 1;
  if (path === '/dev/stderr') return 2;
  try {
    return openSync(path, 'a');
  } catch (error) {
    throw new ConfigFailure(
      `${named('logging_paths')}: cannot open ${JSON.stringify(path)}: ${(error as NodeJS.ErrnoException).code}`,
    );
  }
}
