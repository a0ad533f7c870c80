import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { LogDestination, openLogFile, type Sink } from '../../../src/telemetry/logDestination.ts';

const temporaryFile = (name: string): string => {
  const dir = mkdtempSync(join(tmpdir(), 'scaler-ecs-log-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return join(dir, name);
};

/** A sink that answers when the test says so. */
class Slow implements Sink {
  readonly taken: string[] = [];
  isClosed = false;
  #answer: ((error: NodeJS.ErrnoException | null, written: number) => void) | null = null;

  send(bytes: Buffer, sent: (error: NodeJS.ErrnoException | null, written: number) => void): void {
    this.taken.push(bytes.toString());
    this.#answer = sent;
  }

  close(): void {
    this.isClosed = true;
  }

  answer(written: number, code: string | null = null): void {
    const error = code === null ? null : Object.assign(new Error(code), { code });
    this.#answer?.(error, written);
  }
}

const within = async (ms: number, promise: Promise<void>): Promise<boolean> => {
  const late = new Promise<'late'>((resolve) => setTimeout(resolve, ms, 'late'));
  return (await Promise.race([promise, late])) !== 'late';
};

describe('a log destination', () => {
  it('writes one piece at a time, with the lines that came meanwhile in the next', () => {
    const sink = new Slow();
    const log = new LogDestination(sink);
    for (const line of ['a\n', 'b\n', 'c\n']) log.write(line);
    expect(sink.taken).toEqual(['a\n']);
    sink.answer(2);
    expect(sink.taken).toEqual(['a\n', 'b\nc\n']);
  });

  it('writes the rest of a piece that was taken in part, then whole lines', () => {
    const sink = new Slow();
    const log = new LogDestination(sink);
    log.write('abcd\n');
    log.write('e\n');
    sink.answer(2);
    sink.answer(3);
    expect(sink.taken).toEqual(['abcd\n', 'cd\n', 'e\n']);
  });

  it('drops whole lines beyond 4 MB while its reader is stalled, and goes on when it reads again', () => {
    const sink = new Slow();
    const log = new LogDestination(sink);
    const line = `${'x'.repeat(1024 * 1024 - 1)}\n`;
    for (let i = 0; i < 10; i += 1) log.write(line);
    for (let i = 0; i < 10; i += 1) sink.answer(line.length);
    expect(sink.taken).toEqual([line, line, line, line]);
    log.write('after\n');
    expect(sink.taken.at(-1)).toBe('after\n');
  });

  it('tries a full pipe again until it takes the line', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const sink = new Slow();
    const log = new LogDestination(sink);
    log.write('a\n');
    sink.answer(0, 'EAGAIN');
    await vi.advanceTimersByTimeAsync(100);
    expect(sink.taken).toEqual(['a\n', 'a\n']);
  });

  it('keeps a line that a full disk refuses, and writes it before the next', () => {
    const sink = new Slow();
    const log = new LogDestination(sink);
    log.write('a\n');
    sink.answer(0, 'ENOSPC');
    log.write('b\n');
    sink.answer(2);
    expect(sink.taken).toEqual(['a\n', 'a\n', 'b\n']);
  });

  it('writes nothing more when its reader is gone', () => {
    const sink = new Slow();
    const log = new LogDestination(sink);
    log.write('a\n');
    sink.answer(0, 'EPIPE');
    log.write('b\n');
    expect(sink.taken).toEqual(['a\n']);
  });

  it('is flushed when all is written, and at the latest when the time is over', async () => {
    const sink = new Slow();
    const log = new LogDestination(sink);
    await log.flush(10_000);
    log.write('a\n');
    const flushed = log.flush(10_000);
    expect(await within(20, flushed)).toBe(false);
    sink.answer(2);
    expect(await within(1000, flushed)).toBe(true);
    log.write('b\n');
    expect(await within(1000, log.flush(20))).toBe(true);
  });

  it.each(['EPIPE', 'ENOSPC'])('is not waited for after %s', async (code) => {
    const sink = new Slow();
    const log = new LogDestination(sink);
    log.write('a\n');
    const flushed = log.flush(10_000);
    sink.answer(0, code);
    expect(await within(1000, flushed)).toBe(true);
  });

  it('finishes a line where it began, then goes on in the newly opened sink', () => {
    const sinks: Slow[] = [];
    const log = new LogDestination(() => {
      sinks.push(new Slow());
      return sinks.at(-1) as Slow;
    });
    log.write('abcd\n');
    log.reopen();
    log.write('e\n');
    const [first, second] = sinks as [Slow, Slow];
    first.answer(2);
    expect([first.taken, first.isClosed]).toEqual([['abcd\n', 'cd\n'], false]);
    first.answer(3);
    expect([first.isClosed, second.taken]).toEqual([true, ['e\n']]);
  });
});

describe('openLogFile', () => {
  it('appends to a file that only its owner may read', async () => {
    const path = temporaryFile('x.log');
    const log = openLogFile(path);
    log.write('a\n');
    await log.flush(1000);
    const again = openLogFile(path);
    again.write('b\n');
    await again.flush(1000);
    expect(readFileSync(path, 'utf8')).toBe('a\nb\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('writes to the file that has the name after it was opened anew', async () => {
    const path = temporaryFile('x.log');
    const log = openLogFile(path);
    log.write('a\n');
    await log.flush(1000);
    renameSync(path, `${path}.1`);
    log.reopen();
    log.write('b\n');
    await log.flush(1000);
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('a\n');
    expect(readFileSync(path, 'utf8')).toBe('b\n');
    rmSync(join(path, '..'), { recursive: true });
    expect(() => log.reopen()).toThrow('ENOENT');
  });

  it('does not wait for the reader of a named pipe', () => {
    const path = temporaryFile('pipe');
    execFileSync('mkfifo', [path]);
    expect(() => openLogFile(path)).toThrow('ENXIO');
  });
});
