import { describe, expect, it } from 'vitest';
import { decodeMessage } from '../../../src/protocol/codec.ts';
import { notation } from '../../../src/protocol/notation.ts';
import { vectors } from './vectors.ts';

/** A field that a sidecar does not list has its default. */
function isDefault(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (value === null || typeof value !== 'object')
    return value === 0 || value === '' || value === '0' || value === false;
  if ('hex' in value) return value.hex === '';
  if ('value' in value && 'name' in value) return value.value === 0;
  return Object.values(value).every(isDefault);
}

/** Drops from `value` what is not listed in `listed`, having made sure that it is a default. */
function asListed(value: unknown, listed: unknown): unknown {
  if (Array.isArray(value) && Array.isArray(listed))
    return value.map((item, i) => asListed(item, listed[i]));
  if (!isObject(value) || !isObject(listed)) return value;
  const entries = Object.entries(value).filter(([name, part]) => {
    if (name in listed || name === 'utf8') return true;
    expect(isDefault(part), `${name} = ${JSON.stringify(part)} is not listed`).toBe(true);
    return false;
  });
  return Object.fromEntries(entries.map(([name, part]) => [name, asListed(part, listed[name])]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

describe.each(vectors)('$name', ({ bytes, message, generation, fields }) => {
  it('decodes to its sidecar when the generation is known', () => {
    const wire = decodeMessage(bytes, generation);
    expect(wire).toMatchObject({ message, generation });
    expect(asListed(notation(wire.fields), fields)).toEqual(fields);
  });
});

it('finds all vectors', () => expect(vectors.length).toBeGreaterThan(100));
