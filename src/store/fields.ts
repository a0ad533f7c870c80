import { tasksPerRunTask } from '../../machines/shared/limits.ts';

/* Reads the parts of a record, which is not from us until then: anything may be in it. Each throws an Unfit. */

const longestText = 2048;
/** Subnets of a launch. */
const mostNames = 16;

export class Unfit extends Error {}

export function text(value: unknown): string {
  if (typeof value !== 'string' || value === '' || value.length > longestText) throw new Unfit();
  return value;
}

export function words(value: unknown, longest: number): string {
  if (typeof value !== 'string') throw new Unfit();
  return value.slice(0, longest);
}

export function finite(value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Unfit();
  return value;
}

export function orNull<T>(value: unknown, read: (value: unknown) => T): T | null {
  return value === null ? null : read(value);
}

export function bool(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new Unfit();
  return value;
}

export function fields(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Unfit();
  return value as Record<string, unknown>;
}

export function list<T>(value: unknown, item: (value: Record<string, unknown>) => T): T[] {
  if (!Array.isArray(value) || value.length > tasksPerRunTask) throw new Unfit();
  return value.map((one) => item(fields(one)));
}

export function texts(value: unknown): string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > mostNames) throw new Unfit();
  return value.map(text);
}

export function oneOf<T extends string>(value: unknown, known: readonly T[]): T {
  const found = known.find((one) => one === value);
  if (found === undefined) throw new Unfit();
  return found;
}

export function firstOf(value: unknown): unknown {
  return Array.isArray(value) ? value.slice(0, tasksPerRunTask) : value;
}

export function count(value: unknown): number {
  if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > tasksPerRunTask)
    throw new Unfit();
  return value as number;
}
