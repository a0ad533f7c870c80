import { AwsError } from './awsError.ts';

/** A JSON object whose members have not been checked. */
export type Members = Record<string, unknown>;

const wrongType = (name: string, expectedType: string): AwsError =>
  new AwsError('SerializationException', `${name} is not ${expectedType}`);

export const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Returns a string member; null counts as absent. Throws SerializationException for another JSON type, which AWS checks before anything else. */
export function text(from: Members, name: string): string | undefined {
  const value = from[name] ?? undefined;
  if (value !== undefined && typeof value !== 'string') throw wrongType(name, 'a string');
  return value;
}

/** Returns an integer member; see `text`. */
export function integer(from: Members, name: string): number | undefined {
  const value = from[name] ?? undefined;
  if (value !== undefined && !Number.isSafeInteger(value)) throw wrongType(name, 'an integer');
  return value as number | undefined;
}

/** Returns a boolean member; see `text`. */
export function boolean(from: Members, name: string): boolean | undefined {
  const value = from[name] ?? undefined;
  if (value !== undefined && typeof value !== 'boolean') throw wrongType(name, 'a boolean');
  return value;
}

/** Returns an object member; see `text`. */
export function object(from: Members, name: string): Members | undefined {
  const value = from[name] ?? undefined;
  if (value !== undefined && !isMembers(value)) throw wrongType(name, 'an object');
  return value;
}

function list(from: Members, name: string): unknown[] | undefined {
  const value = from[name] ?? undefined;
  if (value !== undefined && !Array.isArray(value)) throw wrongType(name, 'a list');
  return value;
}

/** Returns a member that is a list of strings; see `text`. */
export function texts(from: Members, name: string): string[] | undefined {
  const value = list(from, name);
  if (value?.some((item) => typeof item !== 'string')) throw wrongType(name, 'a list of strings');
  return value as string[] | undefined;
}

/** Returns a member that is a list of objects; see `text`. */
export function objects(from: Members, name: string): Members[] | undefined {
  const value = list(from, name);
  if (value && !value.every(isMembers)) throw wrongType(name, 'a list of objects');
  return value as Members[] | undefined;
}
