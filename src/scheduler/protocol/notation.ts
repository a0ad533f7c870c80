import { hexOf, textOf } from './idText.ts';

/** Decoded values as JSON. Data becomes `{"hex", "utf8"}`, with `utf8` only if the bytes are valid UTF-8. */
export function notation(value: unknown): unknown {
  if (value instanceof Uint8Array) {
    const text = textOf(value);
    return { hex: hexOf(value), ...(text === null ? {} : { utf8: text }) };
  }
  if (Array.isArray(value)) return value.map(notation);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, notation(part)]));
}
