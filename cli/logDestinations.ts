import { openSync } from 'node:fs';
import { type DestinationStream, pino } from 'pino';
import { ConfigFailure } from '../src/config/configFailure.ts';
import { named } from '../src/config/schema.ts';

/** Bytes buffered for a log that is not read. Beyond that lines are dropped, so that the daemon never blocks. */
const maxBufferedBytes = 4 * 1024 * 1024;

/**
 * Returns a function that opens the destinations of a log. A path that several managers use is opened once. The
 * function throws a ConfigFailure if a file cannot be opened.
 */
export function logDestinations(): (paths: string[]) => DestinationStream {
  const open = new Map<string, DestinationStream>();
  const destination = (path: string): DestinationStream => {
    const known = open.get(path);
    if (known) return known;
    const stream = pino.destination({
      dest: descriptor(path),
      sync: false,
      minLength: 0,
      maxLength: maxBufferedBytes,
    });
    // A full disk must not end the daemon. pino retries the buffered lines with the next one.
    stream.on('error', () => {});
    open.set(path, stream);
    return stream;
  };
  return (paths) => {
    const streams = [...new Set(paths)].map(destination);
    return {
      write(line) {
        for (const stream of streams) stream.write(line);
      },
    };
  };
}

/** The file descriptor of a log destination. */
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
