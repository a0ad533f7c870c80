import { expect, it } from 'vitest';
import { readyManager } from '../../support/liveManager.ts';

it('a breaker that opens, is tried and closes is reported each time', async () => {
  const { actor, says, at, command } = await readyManager();
  const states = () => says().flatMap((note) => (note as { state?: string }).state ?? []);
  const failure = { cohortId: 'c', kind: 'refused', reason: 'x', market: null } as const;
  actor.send({ type: 'cohort.launchFailed', ...failure });
  expect(states()).toEqual(['open']);
  at(11_000);
  command(2);
  expect(states()).toEqual([]);
  actor.send({ type: 'fleet.retryNow' });
  expect(states()).toEqual(['trying']);
  const probe = { cohortId: 'cohort.0', groupId: 'e-1-0', subnet: null };
  actor.send({ type: 'cohort.recovered', ...probe, signal: 'launched' });
  expect(states()).toEqual(['closed']);
});
