import { expect, it } from 'vitest';
import { findEnded, summaryOf } from '../../../../src/daemon/control/endedGroups.ts';
import { died } from '../../../support/controlSamples.ts';

const arnOf = (id: string) => `arn:aws:ecs:r:1:task/c/${id}`;
const history = [
  died({ groupId: 'e-3-0', taskArn: arnOf('ab11'), cause: 'drained' }),
  died({ groupId: 'e-2-0', taskArn: arnOf('ab22') }),
  died({ groupId: 'e-1-0', taskArn: null, cause: 'launchFailed' }),
];
const found = (name: string, of = history) => {
  const answer = findEnded(of, name);
  return 'ended' in answer ? answer.ended.groupId : answer;
};

it.each([
  ['e-1-0', 'e-1-0'],
  ['ab22', 'e-2-0'],
  [arnOf('ab11'), 'e-3-0'],
  ['ab', { ambiguous: ['e-3-0', 'e-2-0'] }],
  ['zz', { unknown: true }],
  ['last', 'e-2-0'],
])('%s is %j', (name, expected) => {
  expect(found(name)).toEqual(expected);
});

it('last is the last that ended where none has failed, and nothing where none has ended', () => {
  expect(found('last', history.slice(0, 1))).toBe('e-3-0');
  expect(found('last', [])).toEqual({ unknown: true });
});

it('a summary has exactly its own fields', () => {
  expect(summaryOf({ ...died(), more: 1 } as never)).toEqual(died());
});
