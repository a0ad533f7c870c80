import { Failure } from '../shared/failure.ts';

/** A setting that has to be changed. The message is one line without secrets. Leads to exit status 2 before anything starts. */
export class ConfigFailure extends Failure {
  readonly kind = 'config';
  /** What to do; null: change the setting that the message names. */
  readonly remedy: string | null;

  constructor(message: string, { remedy = null, ...options }: FailureOptions = {}) {
    super(message, options);
    this.remedy = remedy;
  }
}

interface FailureOptions extends ErrorOptions {
  remedy?: string | null;
}

/** Why a value is invalid. The catcher adds the setting's names and makes a ConfigFailure of it. */
export class InvalidValue extends Error {}

/** A value for a message: quoted, on one line, at most 80 characters, without passwords in URLs. */
export function shown(value: unknown): string {
  const text = hidePasswords(typeof value === 'string' ? value : tomlish(value));
  const short = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return typeof value === 'string' ? JSON.stringify(short) : short;
}

/** `scheme://user:password@host` becomes `scheme://***@host`. */
export function hidePasswords(text: string): string {
  return text.replace(/(\/\/)[^/@\s]+@/g, (_, slashes: string) => `${slashes}***@`);
}

/** A TOML value as text, in about its own notation. */
function tomlish(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  return (
    JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? Number(item) : item)) ?? '?'
  );
}
