import { Failure } from '../shared/failure.ts';

/** A setting a person must change. One line; never holds a secret. Exit status 2, nothing was started. */
export class ConfigFailure extends Failure {
  readonly kind = 'config';
}

/** What a value type or a check says about a value; whoever knows the setting's names puts them in front. */
export class InvalidValue extends Error {}

/** A value as it may appear in a message: quoted, on one line, short, passwords in URLs hidden. */
export function shown(value: unknown): string {
  const text = hidePasswords(typeof value === 'string' ? value : tomlish(value));
  const short = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return typeof value === 'string' ? JSON.stringify(short) : short;
}

/** `scheme://user:password@host` becomes `scheme://***@host`. */
export const hidePasswords = (text: string): string =>
  text.replace(/(\/\/)[^/@\s]+@/g, (_, slashes: string) => `${slashes}***@`);

function tomlish(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  return (
    JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? Number(item) : item)) ?? '?'
  );
}
