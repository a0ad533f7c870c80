import { expect, it } from 'vitest';
import { endedLife, livingLife, noMoments } from '../../../../src/control/life.ts';
import { drawLife } from '../../../../src/control/view/lifeView.ts';
import { render } from '../../../../src/shared/terminal/styledText.ts';
import { died, groupSamples, noon } from '../../../support/controlSamples.ts';

const draw = (life: Parameters<typeof drawLife>[0], columns = 100) =>
  drawLife(life, columns, noon).map((line) => render(line, 1000, false).trimEnd());

it('the life of an ended group is a story with the words of AWS, our diagnosis and the remedy', () => {
  const life = endedLife(died(), { ...noMoments, requestedAt: noon - 91_000 });
  expect(draw(life)).toEqual([
    'Group e-9-0  ended: did not start',
    'arn:aws:ecs:eu-west-1:1:task/cluster/deadbeef00',
    '',
    '11:58:29          requested: RunTask is sent',
    '11:58:30   +1 s   launched: ECS created the Fargate task',
    '11:59:00   +31 s  ended',
    '',
    'AWS said   CannotPullContainerError: a/b:c: not found',
    'Diagnosis  The image cannot be pulled: there is none of this name.',
    'Remedy     Correct ecs_task_image: registry, name and tag.',
    'Cost       $0.0031',
  ]);
});

it('the life of a living group ends now, and says that nothing is wrong with it', () => {
  const [group] = groupSamples();
  const unknown = { createdAt: null, runningAt: null, registeredAt: null };
  const lines = draw(livingLife(group as never, unknown));
  expect(lines[0]).toBe('Group e-1-0  lives: busy');
  expect(lines.at(-1)).toBe('Diagnosis  nothing is wrong with it');
});

it('no line is longer than the terminal, and nothing of AWS moves its cursor', () => {
  const detail = `CannotPull\x1b[2J ${'x'.repeat(300)} ${'word '.repeat(60)}`;
  for (const columns of [40, 79]) {
    const lines = draw(endedLife(died({ detail })), columns);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
    expect(lines.join('')).not.toContain('\x1b');
  }
});
