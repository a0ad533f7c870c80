import { AwsError } from './awsError.ts';

/** A JSON object nobody has looked at yet. */
export type Members = Record<string, unknown>;

const wrongType = (name: string, wanted: string): AwsError =>
  new AwsError('SerializationException', `${name} is not ${wanted}`);

export const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Real services refuse a member of the wrong JSON type before they look at anything else; null is absent. */
export function text(from: Members, name: string): string | undefined {
  const value = from[name] ?? undefined;
  if (value !== undefined && typeof value !== 'string') throw wrongType(name, 'a string');
  return value;
}

export function integer(from: Members, name: string): number | undefined {
  const value = from[name] ?? undefined;
  if (value !== undefined && !Number.isSafeInteger(value)) throw wrongType(name, 'an integer');
  return value as number | undefined;
}

export function boolean(from: Members, name: string): boolean | undefined {
  const value = from[name] ?? undefined;
  if (value !== undefined && typeof value !== 'boolean') throw wrongType(name, 'a boolean');
  return value;
}

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

export function texts(from: Members, name: string): string[] | undefined {
  const value = list(from, name);
  if (value?.some((item) => typeof item !== 'string')) throw wrongType(name, 'a list of strings');
  return value as string[] | undefined;
}

export function objects(from: Members, name: string): Members[] | undefined {
  const value = list(from, name);
  if (value && !value.every(isMembers)) throw wrongType(name, 'a list of objects');
  return value as Members[] | undefined;
}
