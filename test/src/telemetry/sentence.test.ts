import { expect, it } from 'vitest';
import { fillSentence, sentenceOf } from '../../../src/telemetry/sentence.ts';

it('has the values in the place of the names', () => {
  expect(sentenceOf('journal.writeFailed', { path: '/state', reason: 'ENOSPC: no space' })).toBe(
    'Cannot write the journal in /state: ENOSPC: no space.',
  );
});

it('leaves a part in brackets out when one of its fields is absent or null', () => {
  const sentence = 'Held back[, subnet {subnet}][, market {market}].';
  expect(fillSentence(sentence, { subnet: 'subnet-1', market: null })).toBe(
    'Held back, subnet subnet-1.',
  );
  expect(fillSentence(sentence, {})).toBe('Held back.');
});

it('leaves a part in brackets out when it counts none', () => {
  const adopted = (tasks: number) => fillSentence('Listed[; adopted {tasks task}].', { tasks });
  expect([adopted(0), adopted(1)]).toEqual(['Listed.', 'Listed; adopted 1 task.']);
});

it('has a noun in the singular for one, in the plural for more, and says when the number is unknown', () => {
  const count = (tasks: number | null) => fillSentence('{tasks task}', { tasks });
  expect([count(1), count(3), count(null)]).toEqual([
    '1 task',
    '3 tasks',
    'an unknown number of tasks',
  ]);
});

it.each([
  ['launch', '2 launches'],
  ['process', '2 processes'],
  ['RunTask', '2 RunTasks'],
])('counts two of the noun %s as %s', (noun, words) => {
  expect(fillSentence(`{n ${noun}}`, { n: 2 })).toBe(words);
});

it('joins the values of a list by commas', () => {
  expect(fillSentence('{providers}.', { providers: ['FARGATE', 'FARGATE_SPOT'] })).toBe(
    'FARGATE, FARGATE_SPOT.',
  );
});

it('shows words for the values that have some, and the others as they are', () => {
  const ended = (cause: string) =>
    sentenceOf('group.ended', { group: 'e-0', task: 'arn', cause, detail: null });
  expect(ended('drained')).toBe('Task arn of group e-0 ended: no longer needed.');
  expect(ended('constructor')).toBe('Task arn of group e-0 ended: constructor.');
});

it('cuts a long value', () => {
  const text = fillSentence('No: {reason}.', { reason: 'x'.repeat(1000) });
  expect(text).toBe(`No: ${'x'.repeat(399)}….`);
});

it('is one line that moves no cursor, with one full stop at its end', () => {
  expect(fillSentence('No: {reason}.', { reason: 'a\n\u001b[2Jb.' })).toBe('No: a \\u{1b}[2Jb.');
});

it('names the first five records of a field, and how many more there are', () => {
  const reasons = Array.from({ length: 7 }, (_, i) => ({
    ...{ kind: 'breaker', sentence: `No ${i}.`, clears: 'time', since: null, until: null },
  }));
  const sentence = sentenceOf('launch.blocked', { missing: 2, blockers: reasons });
  expect(sentence).toContain('No 4 (cleared by time), and 2 more.');
  expect(sentence).not.toContain('No 5');
});

it('has a sentence for each of the records of a field, and cuts none of them off', () => {
  const reason = { kind: 'held', sentence: 'No.', clears: 'resume', since: null, until: null };
  const long = { ...reason, sentence: 'x'.repeat(1000) };
  const timed = { ...reason, since: '2026-11-25T14:03:09Z', until: '2026-11-25T14:04:09Z' };
  expect(sentenceOf('launch.blocked', { missing: 2, blockers: [long, timed] })).toBe(
    `2 tasks cannot be launched now: ${'x'.repeat(399)}… (cleared by resume), No (since 2026-11-25T14:03:09Z; cleared by resume; until 2026-11-25T14:04:09Z).`,
  );
});
