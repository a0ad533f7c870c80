import { expect, it } from 'vitest';
import { limitOf, thisMachine } from './checkLimits.ts';

const check = { what: 'CPU of the launch', usual: 20, unit: 'reference loops' };
const stored = { here: { 'CPU of the launch': 10 } };

it('is a fifth above the best value of this machine', () => {
  expect(limitOf(check, 'here', stored)).toBe(12);
});

it.each([
  ['a machine', 'elsewhere', check],
  ['a value', 'here', { ...check, what: 'log' }],
])('is a fifth above the usual value where %s has nothing stored', (_, machine, given) => {
  expect(limitOf(given, machine, stored)).toBe(24);
});

it('is the number itself where that is not measured', () => {
  expect(limitOf({ ...check, exact: true }, 'here', stored)).toBe(20);
});

it('names the machine with its cores and the major release of Node.js', () => {
  expect(thisMachine()).toMatch(/^\d+ cores of .+, Node\.js \d+$/);
});
