import { ConfigFailure } from '../src/config/configFailure.ts';
import { named } from '../src/config/schema.ts';
import { type LogDestination, openLogFile, openStandard } from '../src/telemetry/logDestination.ts';

/** The destinations of the logs of all managers. A path that several managers use is opened once. */
export class LogDestinations {
  readonly #open = new Map<string, LogDestination>();

  /** The destinations of one log. Throws a ConfigFailure if a file cannot be opened. */
  open(paths: string[]): { write(line: string): void } {
    const destinations = [...new Set(paths.map(withOneName))].map((path) =>
      this.#destination(path),
    );
    return {
      write(line) {
        for (const destination of destinations) destination.write(line);
      },
    };
  }

  /** Goes on in the files that now have these names. Returns why that failed, per file; those are written on as before. */
  reopen(): { path: string; reason: string }[] {
    return [...this.#open].flatMap(([path, destination]) => {
      try {
        destination.reopen();
        return [];
      } catch (error) {
        return [{ path, reason: (error as Error).message }];
      }
    });
  }

  /** Resolves when everything is written, or after `ms`. */
  async flush(ms: number): Promise<void> {
    await Promise.all([...this.#open.values()].map((destination) => destination.flush(ms)));
  }

  #destination(path: string): LogDestination {
    const destination = this.#open.get(path) ?? opened(path);
    this.#open.set(path, destination);
    return destination;
  }
}

function withOneName(path: string): string {
  return path === '-' ? '/dev/stdout' : path;
}

function opened(path: string): LogDestination {
  try {
    if (path === '/dev/stdout') return openStandard(1);
    if (path === '/dev/stderr') return openStandard(2);
    return openLogFile(path);
  } catch (error) {
    throw new ConfigFailure(
      `${named('logging_paths')}: cannot open ${JSON.stringify(path)}: ${(error as NodeJS.ErrnoException).code}`,
    );
  }
}
