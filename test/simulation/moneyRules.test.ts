import { expect, it } from 'vitest';
import type { Census } from './census.ts';
import { createMoneyRules } from './moneyRules.ts';
import type { Watched } from './watched.ts';

/** A task that has lived for three of the four minutes that are paid for, and what is found in a launch then. */
function launchesAfter(
  prepare: (rules: ReturnType<typeof createMoneyRules>) => void,
  endingAt: number | null = null,
): string[] {
  const found: string[] = [];
  const now = 180_000;
  const task = {
    ...{ taskArn: 'arn:1', label: 'e-1', ours: true, ghost: false, market: 'onDemand' },
    ...{ createdAt: 0, endingAt, stoppedAt: null },
  };
  const open = { label: 'e-2', count: 2 };
  const ledger = { groups: () => [], history: () => [], openLaunches: () => [open] };
  const rules = createMoneyRules({
    agenda: { now: () => now },
    ecs: { tasks: new Map([['arn:1', task]]), alive: () => true },
    settings: { spot: false, money: { limit: 'total', tasks: 4, onLimit: 'hold' } },
    life: () => ({ startedAt: now, journal: { ledger } }),
    broken: (invariant: string) => found.push(invariant),
  } as unknown as Watched);
  prepare(rules);
  rules.launched('e-2');
  return found;
}

const start = (at: number) => ({ kind: 'start', epoch: 'e', at }) as const;

it('a launch that passes a limit is found, but not where a clock that was set back hides the age of a task', () => {
  expect(launchesAfter(() => {})).toEqual(['overspent']);
  // It was down for some time, and its clock does not tell for how long.
  expect(launchesAfter((rules) => rules.recorded(start(90_000)))).toEqual([]);
  expect(launchesAfter((rules) => rules.recorded(start(270_000)))).toEqual(['overspent']);
  const listed = (rules: ReturnType<typeof createMoneyRules>) => {
    rules.recorded(start(90_000));
    rules.inventoried();
  };
  expect(launchesAfter(listed)).toEqual(['overspent']);
  // A list leaves out what is on its way out.
  expect(launchesAfter(listed, 170_000)).toEqual([]);
});

/** Two launches of one task each, the second of which the daemon cannot know to be there; five tasks are paid for. */
function rulesOfTwo() {
  const task = { ours: true, market: 'onDemand', createdAt: 300_000, stoppedAt: null };
  const tasks = new Map([
    ['arn:1', { ...task, taskArn: 'arn:1', label: 'e-1', ghost: false }],
    // The daemon cannot know whether it was there.
    ['arn:2', { ...task, taskArn: 'arn:2', label: 'e-2', ghost: true }],
  ]);
  const rules = createMoneyRules({
    agenda: { now: () => 300_000 },
    ecs: { tasks },
    settings: { spot: false, money: { limit: 'total', tasks: 5, onLimit: 'drain' } },
    life: () => null,
  } as unknown as Watched);
  const isExcused = () => rules.excuse({ money: 'limited' } as Census, 0, 1);
  return { rules, isExcused };
}

it('few tasks are excused by what launches that were given up may have cost, in later lives as well', () => {
  const { rules, isExcused } = rulesOfTwo();
  const giveUp = (label: string, count: number) =>
    rules.recorded({
      ...{ kind: 'inventoryOwed', reason: 'launchesAbandoned', at: 1000 },
      launch: { label, count, market: 'onDemand' },
    });
  // Its task is there, and so in the bill.
  giveUp('e-1', 1);
  giveUp('e-2', 2);
  expect(isExcused()).toBe(false);
  giveUp('e-3', 1);
  rules.recorded(start(300_000));
  expect(isExcused()).toBe(true);
});

it('few tasks are excused by what tasks may have cost of which a list did not show all that their launch asked for', () => {
  const { rules, isExcused } = rulesOfTwo();
  const market = 'onDemand' as const;
  const claim = { groupId: 'e-1-0', taskArn: 'arn:1', createdAt: null };
  const launch = (label: string, count: number) =>
    rules.recorded({
      ...{ kind: 'launch', label, clientToken: label, count, revision: 'r', market },
      ...{ requestHash: 'h', at: 1000 },
    });
  const settle = (label: string, groups: (typeof claim)[], refused = 0) =>
    rules.recorded({
      ...{ kind: 'settled', label, groups, at: 2000 },
      refusals: Array.from({ length: refused }, () => ({ kind: 'capacity', reason: 'full' })),
    });
  launch('e-1', 4);
  expect(isExcused()).toBe(false);
  settle('e-1', [claim], 3);
  // It was withdrawn.
  launch('e-3', 9);
  settle('e-3', []);
  expect(isExcused()).toBe(false);
  settle('e-1', [claim]);
  expect(isExcused()).toBe(true);
});
