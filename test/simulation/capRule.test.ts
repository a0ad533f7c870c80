import { expect, it } from 'vitest';
import { createCapRule } from './capRule.ts';
import type { ModelTask } from './ecs.ts';

const task = (given: object) =>
  ({ cluster: 'is', ghost: false, label: null, ...given }) as ModelTask;

it('allows as much as now, or as when the launch was decided', () => {
  let cap = 2;
  const rule = createCapRule(
    () => cap,
    () => false,
  );
  rule.launched('then');
  cap = 1;
  const two = [task({}), task({})];
  expect(rule.exceeded(task({ label: 'then' }), two)).toBeNull();
  expect(rule.exceeded(task({ label: 'now' }), two)).toBe('2 tasks bought, 1 allowed: now');
  expect(rule.exceeded(task({}), [task({}), task({ ghost: true })])).toBeNull();
});

it('allows a launch beside those that could not be known when it was decided', () => {
  const rule = createCapRule(
    () => 1,
    () => false,
  );
  rule.launched('blind', 1);
  rule.launched('seeing');
  const tasks = [task({}), task({})];
  const exceeded = (label: string) => rule.exceeded(task({ label }), tasks);
  expect([exceeded('blind'), exceeded('seeing')]).toEqual([null, expect.any(String)]);
  tasks.push(task({}));
  expect(exceeded('blind')).toEqual(expect.any(String));
});

it('does not count what a list has left out, unless a journal has named it', () => {
  let isNamed = false;
  const rule = createCapRule(
    () => 1,
    () => isNamed,
  );
  const both = [task({}), task({ cluster: 'was' })];
  const isRight = (label: string | null) => rule.exceeded(task({ label }), both) === null;
  rule.launched('before');
  rule.clusterLeftOut('arn:aws:ecs:r:1:cluster/was');
  rule.listFailed();
  rule.listed();
  rule.launched('failed');
  rule.clusterLeftOut('arn:aws:ecs:r:1:cluster/was');
  rule.launched('meanwhile');
  rule.listed();
  rule.launched('without');
  rule.listed();
  rule.launched('with');
  expect(['before', 'failed', 'meanwhile', 'without', 'with', null].map(isRight)).toEqual([
    ...[false, false, false],
    ...[true, false, false],
  ]);
  isNamed = true;
  expect(isRight('without')).toBe(false);
});
