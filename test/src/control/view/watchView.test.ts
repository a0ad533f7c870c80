import { describe, expect, it } from 'vitest';
import { livingLife } from '../../../../src/control/life.ts';
import { newWatch, type WatchState } from '../../../../src/control/view/watchModel.ts';
import { drawWatch } from '../../../../src/control/view/watchView.ts';
import { render } from '../../../../src/shared/terminal/styledText.ts';
import { groupSamples, statusSample } from '../../../support/controlSamples.ts';

const state: WatchState = {
  ...newWatch,
  ...{ status: statusSample({ breakers: {} }, false), groups: groupSamples(), order: 'id' },
};
const draw = (given: Partial<WatchState> = {}, columns = 79, rows = 23) =>
  drawWatch({ ...state, ...given }, { columns, rows, unicode: true }).map((line) =>
    render(line, columns, false).trimEnd(),
  );

describe('the live view', () => {
  it('has the status, the groups with a cursor, and the keys, in 80 columns and 24 rows', () => {
    const lines = draw({ selected: 'e-1-1' });
    expect(lines).toHaveLength(23);
    expect(lines[0]).toMatch(/^wm-ecs {2}serving/);
    expect(lines).toContain(
      '  GROUP                 STATE     AGE   WORKERS  TASKS  TASK ID   TROUBLE',
    );
    expect(lines).toContain('> e-1-1                 idle      2m    2        0      bbbb2222');
    expect(lines.at(-1)).toBe('q quit  f filter  s sort  Enter open  ? keys');
  });

  it('shows part of a long list, around its cursor, and says which part', () => {
    const [group] = groupSamples();
    const groups = Array.from({ length: 10_000 }, (_, i) => ({
      ...group,
      groupId: `g-${i}`,
    })) as never;
    const lines = draw({ groups, selected: 'g-5000' });
    expect(lines.find((line) => line.startsWith('> '))).toMatch(/^> g-5000 /);
    expect(lines.find((line) => line.startsWith('Groups'))).toMatch(
      /10000 groups, by id, \d+ to \d+/,
    );
  });

  it.each([
    [40, 10],
    [20, 5],
    [79, 23],
    [200, 60],
  ])('fits into %d columns and %d rows, whatever is shown', (columns, rows) => {
    const [group] = groupSamples();
    const unknown = { createdAt: null, runningAt: null, registeredAt: null };
    for (const given of [
      {},
      { status: statusSample() },
      { isHelp: true },
      { opened: 'e-1-0' },
      { opened: 'e-1-0', life: livingLife(group as never, unknown) },
      { status: null, trouble: 'no daemon answers' },
      { groups: [] },
    ])
      expect(draw(given, columns, rows).length).toBeLessThanOrEqual(rows);
  });

  it('keeps showing what was known last when the daemon is gone, and says so', () => {
    const lines = draw({ trouble: 'no daemon answers at /x; tried each second' });
    expect(lines[0]).toBe('no daemon answers at /x; tried each second');
    expect(lines[1]).toMatch(/^wm-ecs/);
  });

  it('says that it waits before the first answer, and that a filter has no group', () => {
    expect(draw({ status: null })).toEqual(['Waiting for the daemon…']);
    expect(draw({ groups: [] })).toContain('  none');
  });

  it('explains its keys', () => {
    expect(draw({ isHelp: true }).join('\n')).toMatch(/open the group: what happened to it/);
  });
});
