import { expect, it } from 'vitest';
import { noMoments } from '../../../../src/control/life.ts';
import { createLives } from '../../../../src/daemon/control/lives.ts';

function recording() {
  let time = 0;
  const lives = createLives(() => time);
  const enters = (at: number, state: string, more: object = {}, group = 'e-1-0') => {
    time = at;
    lives.onEvent('group.stateChanged', { group, state, ...more });
  };
  return { lives, enters };
}

it('the moments of a group are those at which it entered its states', () => {
  const { lives, enters } = recording();
  lives.onEvent('demand.changed', { tasks: 0, why: '0 workers desired' });
  enters(1, 'requested');
  enters(20, 'provisioning');
  enters(30, 'running');
  enters(40, 'draining.waiting');
  enters(50, 'draining.stopping');
  enters(60, 'draining.stopping');
  enters(70, 'stopped');
  expect(lives.of('e-1-0')).toEqual({
    ...{ requestedAt: 1, launchedAt: 20, adoptedAt: null, drainAt: 40, stopAt: 50 },
    ...{ drainWhy: '0 workers desired (0 Fargate tasks)', wasEvicted: false },
  });
});

it('a group of an earlier run is taken over, not requested', () => {
  const { lives, enters } = recording();
  enters(1, 'requested');
  enters(1, 'provisioning');
  expect(lives.of('e-1-0')).toMatchObject({ requestedAt: null, adoptedAt: 1 });
});

it('a drain that is cancelled leaves no trace', () => {
  const { lives, enters } = recording();
  enters(1, 'running');
  enters(2, 'draining.waiting');
  enters(3, 'running');
  expect(lives.of('e-1-0')).toMatchObject({ drainAt: null, drainWhy: null });
});

it('a drain says who ordered it, or what was wrong', () => {
  const { lives, enters } = recording();
  lives.onEvicted(['e-1-0']);
  enters(1, 'draining.waiting');
  expect(lives.of('e-1-0')).toMatchObject({
    ...{ wasEvicted: true, drainWhy: 'ordered by an operator' },
  });
  enters(2, 'draining.stopping', { cause: 'startFailed', detail: 'not running 601 s' }, 'e-1-1');
  expect(lives.of('e-1-1').drainWhy).toBe('not running 601 s');
});

it('of groups that have ended, the last 1,000 are remembered', () => {
  const { lives, enters } = recording();
  for (let i = 0; i < 1001; i++) {
    enters(i + 1, 'running', {}, `g-${i}`);
    enters(i + 1, 'draining.stopping', {}, `g-${i}`);
    enters(i + 1, 'stopped', {}, `g-${i}`);
  }
  expect(lives.of('g-0')).toEqual(noMoments);
  expect(lives.of('g-1').drainAt).toBe(2);
});
