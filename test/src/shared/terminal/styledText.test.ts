import { describe, expect, it } from 'vitest';
import { type Line, render, wrap, wrapLine } from '../../../../src/shared/terminal/styledText.ts';

const plain = (lines: readonly Line[]) => lines.map((line) => render(line, 1000, false).trimEnd());

describe('a line that is wrapped', () => {
  it('breaks at spaces, and the lines after the first are indented', () => {
    const line: Line = [['Name  ', 'bold'], ['one two three four']];
    expect(plain(wrapLine(line, 14, 6))).toEqual(['Name  one two', '      three', '      four']);
  });

  it('keeps the style of each part', () => {
    const lines = wrapLine(
      [
        ['aa ', 'red'],
        ['bb cc', 'dim'],
      ],
      5,
    );
    expect(lines.map((line) => render(line, 10, true))).toEqual([
      '\x1b[31maa \x1b[0m\x1b[2mbb \x1b[0m',
      '\x1b[2mcc\x1b[0m',
    ]);
  });

  it('breaks a word that is longer than a line', () => {
    expect(plain(wrapLine([['abcdefghij']], 4))).toEqual(['abcd', 'efgh', 'ij']);
  });

  it('that fits is left alone', () => {
    expect(wrapLine([['a b', 'red']], 10)).toEqual([
      [
        ['a ', 'red'],
        ['b', 'red'],
      ],
    ]);
  });
});

it('a text is wrapped at words, longer words stay whole', () => {
  expect(wrap('a bb cccccc d', 4)).toEqual(['a bb', 'cccccc', 'd']);
});
