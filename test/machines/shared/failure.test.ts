import { expect, it } from 'vitest';
import { noteOf } from '../../../machines/shared/failure.ts';

it.each([
  [Object.assign(new Error('full'), { kind: 'capacity' }), { kind: 'capacity', reason: 'full' }],
  [
    Object.assign(new Error('full'), { kind: 'addresses', subnet: 'subnet-a' }),
    { kind: 'addresses', reason: 'full', subnet: 'subnet-a' },
  ],
  [
    Object.assign(new Error('expired'), { kind: 'credentials', isMended: true }),
    { kind: 'credentials', reason: 'expired', isMended: true },
  ],
  [
    Object.assign(new Error('expired'), { kind: 'credentials', isMended: false }),
    { kind: 'credentials', reason: 'expired' },
  ],
  [new Error('a bug'), { kind: 'bug', reason: 'a bug' }],
  [Object.assign(new Error('odd'), { kind: 'odd', subnet: 7 }), { kind: 'bug', reason: 'odd' }],
  [{ kind: ['denied'] }, { kind: 'bug', reason: '[object Object]' }],
  ['thrown text', { kind: 'bug', reason: 'thrown text' }],
  [null, { kind: 'bug', reason: 'null' }],
])('noteOf(%o) keeps only kind, reason, subnet and that it is mended', (error, note) => {
  expect(noteOf(error)).toStrictEqual(note);
});

it.each([
  ...['throttled', 'unreachable', 'refused', 'capacity', 'addresses'],
  ...['quota', 'invalid', 'denied', 'journal', 'bug'],
])('noteOf keeps the kind %s', (kind) => expect(noteOf({ kind }).kind).toBe(kind));
