import { describe, expect, it } from 'vitest';
import {
  type Filter,
  groupRow,
  groupsHeading,
  type Order,
  passes,
  sorted,
} from '../../../../src/control/view/groupsView.ts';
import { render } from '../../../../src/shared/terminal/styledText.ts';
import { groupSamples, noon } from '../../../support/controlSamples.ts';

const ids = (groups: readonly { groupId: string }[]) =>
  groups.map(({ groupId }) => groupId.slice(4));

describe('the list of groups', () => {
  it.each<[Filter, string[]]>([
    ['all', ['0', '1', '2', '3', '10', '11']],
    ['running', ['0', '1', '3']],
    ['booting', ['2']],
    ['draining', ['10']],
    ['stopping', ['11']],
    ['degraded', ['3']],
  ])('filtered by %s has %j', (filter, left) => {
    expect(ids(groupSamples().filter((group) => passes(filter, group)))).toEqual(left);
  });

  it.each<[Order, string[]]>([
    ['age', ['2', '3', '10', '11', '1', '0']],
    ['state', ['2', '0', '3', '10', '1', '11']],
    ['tasks', ['0', '3', '10', '1', '2', '11']],
    ['id', ['0', '1', '2', '3', '10', '11']],
  ])('sorted by %s is %j', (order, list) => {
    expect(ids(sorted(groupSamples(), order))).toEqual(list);
  });

  it('is a table', () => {
    const rows = [groupsHeading(), ...groupSamples().map((group) => groupRow(group, noon))];
    expect(rows.map((line) => render(line, 200, false).trimEnd())).toEqual([
      'GROUP                 STATE     AGE   WORKERS  TASKS  TASK ID   TROUBLE',
      'e-1-0                 busy      1h    2        7      aaaa1111',
      'e-1-1                 idle      2m    2        0      bbbb2222',
      'e-1-2                 booting   4s    -        -      -',
      'e-1-3                 busy      1m    1        3      cccc3333  1 of its 2 workers are at the scheduler',
      'e-1-10                draining  1m    2        1      t',
      'e-1-11                stopping  1m    -        -      t',
    ]);
  });
});
