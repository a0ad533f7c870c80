import { expect, it } from 'vitest';
import { fillSentence, sentenceOf } from '../../../src/telemetry/sentence.ts';

it('has the values in the place of the names', () => {
  expect(sentenceOf('journal.writeFailed', { path: '/state', reason: 'ENOSPC: no space' })).toBe(
    'The journal in /state cannot be written: ENOSPC: no space.',
  );
});

it('leaves a part in brackets out when one of its fields is absent or null', () => {
  const sentence = 'Held back[, subnet {subnet}][, market {market}].';
  expect(fillSentence(sentence, { subnet: 'subnet-1', market: null })).toBe(
    'Held back, subnet subnet-1.',
  );
  expect(fillSentence(sentence, {})).toBe('Held back.');
});

it('counts', () => {
  const count = (tasks: number | null) => fillSentence('{tasks task}', { tasks });
  expect([count(1), count(3), count(null)]).toEqual([
    '1 task',
    '3 tasks',
    'an unknown number of tasks',
  ]);
});

it('joins lists', () => {
  expect(fillSentence('{providers}.', { providers: ['FARGATE', 'FARGATE_SPOT'] })).toBe(
    'FARGATE, FARGATE_SPOT.',
  );
});

it('is one line that moves no cursor, with one full stop at its end', () => {
  expect(fillSentence('No: {reason}.', { reason: 'a\n\u001b[2Jb.' })).toBe('No: a [2Jb.');
});
