/** `unchecked`: nothing wrong is known, but it could not be looked at. */
export type Severity = 'ok' | 'warning' | 'error' | 'unchecked';

/** The result of one check. `why` and `remedy` are empty for `ok`. */
export interface Finding {
  /** Stable, for programs: `subnet.missing`. */
  id: string;
  severity: Severity;
  what: string;
  /** Why it matters. */
  why: string;
  /** The command or setting that fixes it. */
  remedy: string;
}

export function ok(id: string, what: string): Finding {
  return { id, severity: 'ok', what, why: '', remedy: '' };
}

/** A fault with which the manager cannot do its work. */
export function error(id: string, what: string, why: string, remedy: string): Finding {
  return { id, severity: 'error', what, why, remedy };
}

/** Something that is allowed and probably a mistake. */
export function warning(id: string, what: string, why: string, remedy: string): Finding {
  return { id, severity: 'warning', what, why, remedy };
}

export function unchecked(id: string, what: string, why: string, remedy: string): Finding {
  return { id, severity: 'unchecked', what, why, remedy };
}

/** Several words for a sentence: `a`, `a and b`, `a, b and c`. */
export function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length > 1 ? `${words.slice(0, -1).join(', ')} and ${last}` : last;
}
