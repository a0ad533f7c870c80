import { expect, it } from 'vitest';
import { createLog, type Level } from '../../../src/telemetry/log.ts';

const listen = (level: Level, labels?: Record<string, string>) => {
  const lines: Record<string, unknown>[] = [];
  const log = createLog(level, { write: (line) => void lines.push(JSON.parse(line)) }, labels);
  return { log, lines };
};

it('writes level, time, fields and event as one JSON object a line', () => {
  const { log, lines } = listen('INFO');
  log.report('fleet.drained', { why: 'the scheduler is gone' });
  expect(lines).toEqual([
    {
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      why: 'the scheduler is gone',
      remedy: 'Check that the scheduler runs and can be reached.',
      event: 'fleet.drained',
    },
  ]);
  expect(Object.keys(lines[0] ?? {})).toEqual(['level', 'time', 'why', 'remedy', 'event']);
});

it('adds the remedy to a warning, and not where nothing is wrong', () => {
  const { log, lines } = listen('INFO');
  log.report('daemon.ended', { left: 0, still: [], looked: true });
  log.report('daemon.ended', { left: 1, still: ['arn'], looked: true });
  expect(lines.map(({ level, remedy }) => [level, typeof remedy])).toEqual([
    ['info', 'undefined'],
    ['warn', 'string'],
  ]);
});

it('writes the labels of its manager with each line, and a field of the event over a label', () => {
  const { log, lines } = listen('INFO', { manager: 'wm', path: 'x' });
  log.report('journal.writeRecovered', { path: '/state' });
  expect(lines).toMatchObject([{ manager: 'wm', path: '/state' }]);
});

it('writes no field that the table does not name', () => {
  const { log, lines } = listen('INFO');
  const trouble = { path: '/state', secret: 'hunter2' };
  log.report('journal.writeRecovered', trouble);
  expect(JSON.stringify(lines)).not.toContain('hunter2');
});

it.each([
  ['CRITICAL', 0],
  ['ERROR', 1],
  ['WARNING', 2],
  ['INFO', 3],
  ['DEBUG', 4],
] as const)('writes at %s what matters at least so much', (level, count) => {
  const { log, lines } = listen(level);
  log.report('inventory.completed', { adopted: 0 });
  log.report('journal.writeRecovered', { path: 'x' });
  log.report('identity.replaced', { path: 'x' });
  log.report('workers.incompatible', { reason: 'x' });
  expect(lines).toHaveLength(count);
});
