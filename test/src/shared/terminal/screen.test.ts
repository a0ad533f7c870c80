import { expect, it } from 'vitest';
import { openScreen, terminalStyle } from '../../../../src/shared/terminal/screen.ts';

function terminal(columns = 10, rows = 4) {
  const written: string[] = [];
  return { written, columns, rows, write: (text: string) => written.push(text) };
}

it('draws in place of what it drew before, cut to the terminal', () => {
  const output = terminal();
  const screen = openScreen(output, { colour: false });
  screen.draw(({ columns, rows }) => [[[`${columns} by ${rows}`]], [['a line that is too long']]]);
  screen.draw(() => [[['one']]]);
  screen.close();
  expect(output.written).toEqual([
    '\x1b[?25l',
    '\r9 by 3\x1b[K\n\ra line th\x1b[K\n\x1b[J',
    '\x1b[2A\rone\x1b[K\n\x1b[J',
    '\x1b[?25h',
  ]);
});

it('clears the screen after a change of size', () => {
  const output = terminal();
  const screen = openScreen(output, { colour: false });
  screen.draw(() => [[['one']]]);
  output.columns = 20;
  screen.draw(() => [[['one']]]);
  expect(output.written.at(-1)).toContain('\x1b[H\x1b[2J');
});

it('draws for 80 by 24 on a terminal that does not know its size', () => {
  const output = terminal(0, 0);
  openScreen(output, { colour: false }).draw(({ columns, rows }) => [[[`${columns} by ${rows}`]]]);
  expect(output.written.at(-1)).toContain('79 by 23');
});

it('a screen of its own is left when it is closed', () => {
  const output = terminal();
  const screen = openScreen(output, { colour: false, alternate: true });
  screen.draw(() => [[['one']]]);
  screen.close();
  expect(output.written[0]).toBe('\x1b[?1049h\x1b[?25l');
  expect(output.written.at(-1)).toBe('\x1b[?25h\x1b[?1049l');
});

it.each([
  [{ LANG: 'C.UTF-8' }, { colour: true, unicode: true }],
  [
    { LANG: 'C', NO_COLOR: '1' },
    { colour: false, unicode: false },
  ],
  [
    { LC_ALL: 'C', LANG: 'en_US.utf8' },
    { colour: true, unicode: false },
  ],
  [{ TERM: 'dumb' }, { colour: false, unicode: false }],
])('the style for %j is %j', (env, style) => {
  expect(terminalStyle(env)).toEqual(style);
});
