import { asIfAtOnce } from '../../machines/shared/presumedAt.ts';

/**
 * So long after the answer to a launch, ms, a list of our tasks may show one for the first time: ECS can start a task
 * that the answer refused, and AWS asks callers to wait for up to about five minutes until answers show what was done.
 * As much again for the time that a list takes.
 */
export const lateTaskMs = 10 * 60_000;

/** Names, such as ownership tags, under which tasks may have been started, and when each was last used for that. */
export class LastUse {
  readonly #usedAt = new Map<string, number>();

  note(name: string, at: number): void {
    this.#usedAt.set(name, Math.max(at, this.#usedAt.get(name) ?? at));
  }

  /** A complete list of our tasks was taken: forgets the names of which it shows all that they were used for. */
  listed(at: number): void {
    for (const [name, usedAt] of this.#usedAt)
      if (at - usedAt >= lateTaskMs) this.#usedAt.delete(name);
  }

  /**
   * A start, and when the journal was last written before it, by the clock of then. The time between does not count: the
   * clock may have been set, and nothing was listed. Uses by the clock of this start are noted after it.
   */
  begin(at: number, writtenAt = at): void {
    for (const [name, usedAt] of this.#usedAt)
      this.#usedAt.set(name, asIfAtOnce(at, writtenAt, usedAt));
  }

  names(): string[] {
    return [...this.#usedAt.keys()];
  }

  entries(): [name: string, at: number][] {
    return [...this.#usedAt];
  }
}
