import { describe, expect, it } from 'vitest';
import { DemoStory } from '../../../src/demo/story.ts';
import { drawView } from '../../../src/demo/view.ts';
import { render } from '../../../src/shared/terminal/styledText.ts';

const tasks = { submitted: 50, completed: 20, running: 6, waiting: 24, workers: 6 };

function storyOf(groups: number): DemoStory {
  const story = new DemoStory(2, () => 1.25);
  for (let n = 0; n < groups; n++)
    for (const state of ['requested', 'provisioning', 'running'])
      story.onLogLine({ level: 'info', event: 'group.stateChanged', group: `g${n}`, state });
  return story;
}

const drawGroups = (groups: number, columns: number, rows: number, unicode = true) =>
  drawView({ story: storyOf(groups), tasks, seconds: 3 }, { columns, rows, unicode });

describe('drawView', () => {
  it.each([
    [79, 23, 0],
    [79, 23, 4],
    [79, 23, 40],
    [119, 39, 4],
    [50, 20, 4],
    [20, 8, 4],
    [1, 1, 1],
  ])('fits into %i columns and %i rows with %i groups', (columns, rows, groups) => {
    const lines = drawGroups(groups, columns, rows);
    expect(lines.length).toBeLessThanOrEqual(rows);
    for (const line of lines) {
      expect(render(line, columns, false).length).toBeLessThanOrEqual(columns);
    }
  });

  it('shows the states of a group and the remaining tasks on 80 columns', () => {
    const text = drawGroups(1, 79, 23).map((line) => render(line, 79, false));
    expect(text).toContain(
      'Group 1  ✓ 1.3 s    ✓ 1.3 s       ● 1.3 s   ·            ·         0 tasks',
    );
    expect(text.find((line) => line.startsWith('Tasks'))).toMatch(/█+▒+░+ 20 done, {2}6 running/);
    expect(text.join('\n')).toContain('Group 1: running');
  });

  it('shows only the current state of a group on 50 columns', () => {
    const text = drawGroups(1, 50, 20).map((line) => render(line, 50, false));
    expect(text).toContain('Group 1  ● running      0 tasks');
  });

  it('uses only ASCII characters without Unicode support', () => {
    const text = drawGroups(2, 79, 23, false).map((line) => render(line, 79, false));
    expect(text.join('')).toMatch(/^[\x20-\x7e]*$/);
  });

  it('contains colour codes only when colour is enabled', () => {
    const colours = drawGroups(1, 79, 23).map((line) => render(line, 79, true));
    expect(colours.join('')).toContain('\x1b[32m');
    expect(
      drawGroups(1, 79, 23)
        .map((line) => render(line, 79, false))
        .join(''),
    ).not.toContain('\x1b');
  });
});
