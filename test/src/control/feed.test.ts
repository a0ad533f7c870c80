import { expect, it, vi } from 'vitest';
import type { ToldEvent } from '../../../src/control/api.ts';
import { createFeed } from '../../../src/control/feed.ts';

const names = (events: readonly ToldEvent[]) => events.map(({ event }) => event);

it('remembers the last 200 events of at least info, oldest first', () => {
  const feed = createFeed(() => 5);
  feed.log.report('fleet.stateChanged', { state: 'active' }, 'debug');
  for (let i = 0; i < 210; i++) feed.log.report('signal.received', { signal: `S${i}` }, 'info');
  expect(feed.recent(1000)).toHaveLength(200);
  expect(feed.recent(1)).toEqual([
    {
      ...{ at: 5, level: 'info', event: 'signal.received', remedy: null },
      sentence: 'Received S209, which asks to stop.',
      fields: { signal: 'S209' },
    },
  ]);
});

it('tells a listener the events of its level and above until it ends', () => {
  const feed = createFeed(() => 0);
  const [all, warnings]: [ToldEvent[], ToldEvent[]] = [[], []];
  const end = feed.listen('debug', (told) => all.push(told));
  feed.listen('warn', (told) => warnings.push(told));
  feed.log.report('fleet.stateChanged', { state: 'active' }, 'debug');
  feed.log.report('daemon.forced', {}, 'warn');
  end();
  feed.log.report('daemon.forced', {}, 'warn');
  expect(names(all)).toEqual(['fleet.stateChanged', 'daemon.forced']);
  expect(names(warnings)).toEqual(['daemon.forced', 'daemon.forced']);
  expect(warnings[0]?.remedy).toBe('Start scaler-ecs again, or look in ECS.');
});

it('hears every event before it is chosen, also at debug', () => {
  const heard = vi.fn();
  createFeed(() => 0, heard).log.report('fleet.stateChanged', { state: 'active' }, 'debug');
  expect(heard).toHaveBeenCalledWith('fleet.stateChanged', { state: 'active' });
});

it('takes only fields that the table declares, and cuts long ones', () => {
  const feed = createFeed(() => 0);
  const still = Array.from({ length: 10_000 }, (_, i) => `arn:${i}`);
  const fields = { left: 10_000, still, looked: true, secret: 'hunter2' };
  feed.log.report('daemon.ended', fields, 'warn');
  const [told] = feed.recent(1);
  expect(told?.fields.still).toHaveLength(21);
  expect(told?.fields.still).toContain('… 9980 more');
  feed.log.report('signal.received', { signal: 'x'.repeat(5000) });
  expect(feed.recent(1)[0]?.fields.signal).toHaveLength(1001);
  expect(JSON.stringify(feed.recent(200))).not.toContain('hunter2');
});
