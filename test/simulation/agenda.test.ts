import { expect, it } from 'vitest';
import { type Agenda, createAgenda, type Owner } from './agenda.ts';

function playOut(agenda: Agenda): void {
  while (agenda.step());
}

it('counts what sets itself off again and again without letting time pass', () => {
  const agenda = createAgenda(0);
  let left = 40;
  const again = (): void => {
    if (left-- > 0) agenda.after(0, again);
  };
  agenda.after(1000, again);
  playOut(agenda);
  expect([agenda.now(), agenda.atOnce()]).toEqual([1000, 40]);
});

it('does not count what has waited for the end of a standstill', () => {
  const agenda = createAgenda(0);
  const owner: Owner = { dead: false, frozenUntil: 500_000 };
  let read = 0;
  for (let second = 1; second <= 400; second++)
    agenda.after(second * 1000, () => agenda.after(2, () => read++, owner));
  playOut(agenda);
  expect([agenda.now(), read, agenda.atOnce()]).toEqual([500_001, 400, 0]);
});

it('counts anew at each moment', () => {
  const agenda = createAgenda(0);
  agenda.after(1000, () => agenda.after(0, () => {}));
  agenda.after(2000, () => {});
  playOut(agenda);
  expect([agenda.now(), agenda.atOnce()]).toEqual([2000, 0]);
});
